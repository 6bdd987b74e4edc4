import { admin as en } from './en/admin.ts';
import { language } from './text.ts';

/** The sentences of administration, which come with it. */
export const admin: typeof en = language === 'de' ? (await import('./de/admin.ts')).admin : en;
