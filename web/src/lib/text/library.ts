import { library as en } from './en/library.ts';
import { language } from './text.ts';

/** The sentences about documents of several conversations, which come with the first part that says them. */
export const library: typeof en = language === 'de' ? (await import('./de/library.ts')).library : en;
