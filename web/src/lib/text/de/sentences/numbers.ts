import type { Forms } from '../../plural.ts';
import { count, number } from '../nouns.ts';

/** The server writes `1500`, `1,500` or `0.5`. */
export const counted = (n: string, forms: Forms): string => count(Number(n.replaceAll(',', '')), forms);
export const figure = (n: string): string => number.format(Number(n.replaceAll(',', '')));
export const isOne = (n: string): boolean => n === '1';

export const seconds = { one: 'Sekunde', other: 'Sekunden' };
export const milliseconds = { one: 'Millisekunde', other: 'Millisekunden' };
export const tokens = { one: 'Token', other: 'Token' };
export const answers = { one: 'Antwort', other: 'Antworten' };
export const parts = { one: 'Teil', other: 'Teile' };
export const values = { one: 'Wert', other: 'Werten' };
export const files = { one: 'Datei', other: 'Dateien' };
export const characters = { one: 'Zeichen', other: 'Zeichen' };
