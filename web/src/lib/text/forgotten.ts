import { forgotten as en } from './en/forgotten.ts';
import { language } from './text.ts';

/** The sentences of a forgotten password, which come with its dialog. */
export const forgotten: typeof en = language === 'de' ? (await import('./de/forgotten.ts')).forgotten : en;
