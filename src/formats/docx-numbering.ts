import { attribute, readXml } from './xml.ts';

interface Level {
  format: string;
  /** Such as `%1.%2)`. */
  pattern: string;
  start: number;
}

/** Counts the numbered paragraphs of a Word document, because their numbers stand nowhere in the text. */
export interface Numbering {
  /** The mark of the next paragraph at `level` (from 0) of the list `id`, such as `2.1 ` or `- `. */
  next(id: string, level: number): string;
}

export function readNumbering(bytes: Uint8Array | null): Numbering {
  const abstracts = new Map<string, Map<number, Level>>();
  const abstractOf = new Map<string, string>();
  if (bytes) readDefinitions(bytes, abstracts, abstractOf);
  const counters = new Map<string, number[]>();
  return {
    next(id, level) {
      const abstract = abstractOf.get(id);
      const levels = abstracts.get(abstract ?? '');
      const own = levels?.get(level);
      if (!levels || !own || abstract === undefined) return '';
      if (own.format === 'none') return '';
      if (own.format === 'bullet') return '- ';
      const counts = counters.get(abstract) ?? [];
      counters.set(abstract, counts);
      counts.length = Math.min(counts.length, level + 1);
      for (let index = 0; index <= level; index++)
        counts[index] ??= (levels.get(index)?.start ?? 1) - (index === level ? 1 : 0);
      counts[level] = (counts[level] ?? 0) + 1;
      const mark = own.pattern.replace(/%([1-9])/g, (_, digit: string) => {
        const index = Number(digit) - 1;
        return formatNumber(
          counts[index] ?? 1,
          index === level ? own.format : (levels.get(index)?.format ?? 'decimal'),
        );
      });
      return mark.trim() === '' ? '' : `${mark.trim()} `;
    },
  };
}

function readDefinitions(
  bytes: Uint8Array,
  abstracts: Map<string, Map<number, Level>>,
  abstractOf: Map<string, string>,
): void {
  let levels: Map<number, Level> | null = null;
  let level: Level | null = null;
  let number: string | null = null;
  readXml(bytes, {
    open(name, attributes) {
      const value = attribute(attributes, 'val') ?? '';
      if (name === 'abstractNum')
        abstracts.set(attribute(attributes, 'abstractNumId') ?? '', (levels = new Map()));
      else if (name === 'num') number = attribute(attributes, 'numId') ?? null;
      else if (name === 'abstractNumId' && number !== null) abstractOf.set(number, value);
      else if (name === 'lvl' && levels && number === null) {
        level = { format: 'decimal', pattern: '', start: 1 };
        levels.set(Number(attribute(attributes, 'ilvl')), level);
      } else if (level && name === 'numFmt') level.format = value;
      else if (level && name === 'lvlText') level.pattern = value;
      else if (level && name === 'start') level.start = Number(value) || 0;
    },
    close(name) {
      if (name === 'abstractNum') levels = null;
      if (name === 'lvl') level = null;
      if (name === 'num') number = null;
    },
  });
}

function formatNumber(value: number, format: string): string {
  if (format === 'lowerLetter') return letters(value);
  if (format === 'upperLetter') return letters(value).toUpperCase();
  if (format === 'lowerRoman') return roman(value);
  if (format === 'upperRoman') return roman(value).toUpperCase();
  return format === 'decimalZero' && value < 10 ? `0${value}` : String(value);
}

function letters(value: number): string {
  return String.fromCharCode(97 + ((value - 1) % 26)).repeat(Math.min(5, Math.floor((value - 1) / 26) + 1));
}

function roman(value: number): string {
  if (value < 1 || value > 3999) return String(value);
  const steps: [number, string][] = [
    [1000, 'm'],
    [900, 'cm'],
    [500, 'd'],
    [400, 'cd'],
    [100, 'c'],
    [90, 'xc'],
    [50, 'l'],
    [40, 'xl'],
    [10, 'x'],
    [9, 'ix'],
    [5, 'v'],
    [4, 'iv'],
    [1, 'i'],
  ];
  let rest = value;
  let text = '';
  for (const [step, sign] of steps) for (; rest >= step; rest -= step) text += sign;
  return text;
}
