import { viewer as en } from './en/viewer.ts';
import { language } from './text.ts';

/** The sentences of the viewer of originals, which come with it. */
export const viewer: typeof en = language === 'de' ? (await import('./de/viewer.ts')).viewer : en;
