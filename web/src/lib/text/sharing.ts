import { sharing as en } from './en/sharing.ts';
import { language } from './text.ts';

/** The sentences of sharing, which come with it. */
export const sharing: typeof en = language === 'de' ? (await import('./de/sharing.ts')).sharing : en;
