import { attribute, readXml } from './xml.ts';

/** How the numbers of a cell are to be read; `time` is a date shown with hours, or a time of day alone. */
export type NumberKind = 'number' | 'date' | 'time' | 'percent';

/** Kinds by the index that a cell carries in its `s` attribute. */
export function readNumberKinds(bytes: Uint8Array | null): NumberKind[] {
  const custom = new Map<string, string>();
  const kinds: NumberKind[] = [];
  let inCellFormats = false;
  if (!bytes) return kinds;
  readXml(bytes, {
    open(name, attributes) {
      if (name === 'numFmt')
        custom.set(attribute(attributes, 'numFmtId') ?? '', attribute(attributes, 'formatCode') ?? '');
      if (name === 'cellXfs') inCellFormats = true;
      if (name !== 'xf' || !inCellFormats) return;
      const id = attribute(attributes, 'numFmtId') ?? '0';
      kinds.push(kindOf(Number(id), custom.get(id)));
    },
    close(name) {
      if (name === 'cellXfs') inCellFormats = false;
    },
  });
  return kinds;
}

/** The shared strings of a workbook, without phonetic readings. */
export function readSharedStrings(bytes: Uint8Array | null): string[] {
  const strings: string[] = [];
  let text = '';
  let inText = false;
  let inPhonetic = false;
  if (!bytes) return strings;
  readXml(bytes, {
    open(name) {
      if (name === 'si') text = '';
      else if (name === 'rPh') inPhonetic = true;
      else if (name === 't') inText = !inPhonetic;
    },
    text(part) {
      if (inText) text += part;
    },
    close(name) {
      if (name === 't') inText = false;
      else if (name === 'rPh') inPhonetic = false;
      else if (name === 'si') strings.push(text);
    },
  });
  return strings;
}

/** A number as people read it: a date as ISO 8601, a share in per cent, no noise of binary fractions. */
export function showNumber(raw: string, kind: NumberKind, since1904: boolean): string {
  const value = Number(raw);
  if (!Number.isFinite(value) || raw.trim() === '') return raw;
  if (kind === 'date' || kind === 'time') return showDate(value, kind === 'time', since1904) ?? raw;
  if (kind === 'percent') return `${Number((value * 100).toPrecision(12))}%`;
  return /[.eE].{12,}|[eE]/.test(raw) ? String(Number(value.toPrecision(15))) : raw;
}

/** Built-in formats 14 to 17 are dates, 18 to 22 and 45 to 47 times, 9 and 10 per cent (ECMA-376, 18.8.30). */
function kindOf(id: number, code: string | undefined): NumberKind {
  if (id === 9 || id === 10) return 'percent';
  if ((id >= 18 && id <= 22) || (id >= 45 && id <= 47)) return 'time';
  if ((id >= 14 && id <= 17) || (id >= 27 && id <= 36) || (id >= 50 && id <= 58)) return 'date';
  if (code === undefined) return 'number';
  const bare = code.replace(/"[^"]*(?:"|$)|\[[^\]]*(?:\]|$)|\\./g, '');
  if (bare.includes('%')) return 'percent';
  if (!/[ymdhs]/i.test(bare) || /general/i.test(bare)) return 'number';
  return /[hs]/i.test(bare) ? 'time' : 'date';
}

/** Days since the end of 1899 (or since 1904); a fraction is a time of day. */
function showDate(days: number, withTime: boolean, since1904: boolean): string | null {
  const shifted = days + (since1904 ? 1462 : 0);
  if (shifted < 0 || shifted > 2_958_465) return null;
  // Excel takes 1900 for a leap year, so dates before March 1900 are a day off; nobody has any.
  const instant = new Date(Math.round((shifted - 25_569) * 86_400) * 1000).toISOString();
  const [date, time] = [instant.slice(0, 10), instant.slice(11, 19)];
  if (shifted < 1) return withTime ? time : null;
  return withTime ? `${date} ${time}` : date;
}
