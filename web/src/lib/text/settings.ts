import { settings as en } from './en/settings.ts';
import { language } from './text.ts';

/** The sentences of settings, which come with it. */
export const settings: typeof en = language === 'de' ? (await import('./de/settings.ts')).settings : en;
