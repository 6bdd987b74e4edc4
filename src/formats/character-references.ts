/**
 * Character references of Markdown as the characters that a reader sees: `&amp;`, `&#8217;`, `&#x2019;`. In code they
 * stand for themselves; a name that is not known here stays as it is written.
 */
export function readReferences(text: string): string {
  if (!text.includes('&')) return text;
  let fence = '';
  return text
    .split('\n')
    .map((line) => {
      const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1] ?? '';
      if (fence !== '') {
        if (mark.startsWith(fence)) fence = '';
        return line;
      }
      fence = mark;
      if (mark !== '' || /^(?: {4}|\t)/.test(line)) return line;
      return outsideCode(line);
    })
    .join('\n');
}

/** The parts of a line that stand between backticks are code. */
function outsideCode(line: string): string {
  const parts = line.split('`');
  // An odd one out opens no code.
  const closed = parts.length % 2 === 1 ? parts.length : parts.length - 1;
  return parts.map((part, at) => (at % 2 === 1 && at < closed ? part : readPart(part))).join('`');
}

function readPart(part: string): string {
  return part.replace(
    /&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-zA-Z]{2,8}));/g,
    (whole, decimal, hex, name) => {
      const point =
        decimal !== undefined ? Number(decimal) : hex !== undefined ? Number.parseInt(hex, 16) : undefined;
      if (point !== undefined) return isCharacter(point) ? String.fromCodePoint(point) : whole;
      return named[name] ?? whole;
    },
  );
}

function isCharacter(point: number): boolean {
  return point > 0 && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
}

/** Those that editors and converters write. */
const named: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
  copy: '©',
  reg: '®',
  trade: '™',
  euro: '€',
  pound: '£',
  cent: '¢',
  yen: '¥',
  sect: '§',
  para: '¶',
  deg: '°',
  plusmn: '±',
  times: '×',
  divide: '÷',
  micro: 'µ',
  middot: '·',
  bull: '•',
  hellip: '…',
  ndash: '–',
  mdash: '—',
  lsquo: '‘',
  rsquo: '’',
  ldquo: '“',
  rdquo: '”',
  laquo: '«',
  raquo: '»',
  auml: 'ä',
  ouml: 'ö',
  uuml: 'ü',
  Auml: 'Ä',
  Ouml: 'Ö',
  Uuml: 'Ü',
  szlig: 'ß',
  agrave: 'à',
  aacute: 'á',
  acirc: 'â',
  ccedil: 'ç',
  egrave: 'è',
  eacute: 'é',
  ecirc: 'ê',
  ntilde: 'ñ',
  oacute: 'ó',
  larr: '←',
  rarr: '→',
  le: '≤',
  ge: '≥',
  ne: '≠',
};
