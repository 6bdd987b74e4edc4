import { en, type Dictionary } from './en.ts';

/** The dictionary in use. */
export const t: Dictionary = en;
