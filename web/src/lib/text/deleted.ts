import { deleted as en } from './en/deleted.ts';
import { language } from './text.ts';

/** The sentences of the list of deleted conversations, which come with it. */
export const deleted: typeof en = language === 'de' ? (await import('./de/deleted.ts')).deleted : en;
