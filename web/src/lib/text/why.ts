import { why as en } from './en/why.ts';
import { language } from './text.ts';

/** The sentences of how an answer came about, which come with it. */
export const why: typeof en = language === 'de' ? (await import('./de/why.ts')).why : en;
