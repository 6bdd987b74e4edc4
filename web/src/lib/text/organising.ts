import { organising as en } from './en/organising.ts';
import { language } from './text.ts';

/** The sentences about settings, projects, templates, export and import, which come with the first of these. */
export const organising: typeof en = language === 'de' ? (await import('./de/organising.ts')).organising : en;
