import { statistics as en } from './en/statistics.ts';
import { language } from './text.ts';

/** The sentences of statistics, which come with it. */
export const statistics: typeof en = language === 'de' ? (await import('./de/statistics.ts')).statistics : en;
