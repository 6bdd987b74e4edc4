/** A number as it stands in a text, with what it counts. */
export interface Quantity {
  /** As written; two readings where a separator may be of thousands or of decimals. */
  values: readonly number[];
  decimals: number;
  /** 1,000 to 10^12 where a word or letter says so; null where nothing does. */
  scale: number | null;
  unit: string | null;
  start: number;
  end: number;
}

const zeros = [
  0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0, 0xff10,
];
const numberPattern = /\d+(?:[.,'\u2019\u066b\u066c]\d+|[\u00a0\u202f]\d{3}(?!\d))*/g;
/** Not behind a script without spaces, where every number stands so. */
const glued =
  /(?:(?![\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}])[\p{L}\p{M}_])-?$/u;
const wordAfter =
  /^[\s\u00a0\u202f-]{0,2}(%|\u066a|\uff05|[\p{L}\p{M}.]{1,16}|[$€£¥₹])(?:[\s\u00a0\u202f]{1,2}([\p{L}\p{M}]{1,12}|[$€£¥₹]))?/u;
const signBefore = /([$€£¥₹]|(?<!\p{L})(?:USD|EUR|GBP|JPY|CHF|US\$))[\s\u00a0]{0,2}$/u;

/** Every number of a text, in digits or in English words from two on; digits of any script. */
export function quantitiesOf(text: string): Quantity[] {
  const plain = withPlainDigits(text);
  return [...inDigits(plain), ...inWords(plain)];
}

/** Digits of other scripts become 0 to 9, one unit each, so that places stay. */
function withPlainDigits(text: string): string {
  return text.replace(/[^\P{Nd}0-9]/gu, (digit) => {
    const code = digit.codePointAt(0) ?? 0;
    const zero = zeros.find((one) => code >= one && code < one + 10);
    return zero === undefined ? digit : String(code - zero);
  });
}

function* inDigits(text: string): Generator<Quantity> {
  for (const match of text.matchAll(numberPattern)) {
    const { index } = match;
    // COVID-19, Q3, A4: a name, compared as a word.
    if (glued.test(text.slice(Math.max(0, index - 2), index))) continue;
    const read = readDigits(match[0]);
    if (read === null) continue;
    const end = index + match[0].length;
    const after = wordAfter.exec(text.slice(end, end + 40));
    const words = [after?.[1], after?.[2]].map((word) => word?.toLowerCase().replace(/\.$/, ''));
    const isGlued = /^\p{L}/u.test(text.slice(end, end + 1));
    const scale = scaleOf(words[0], isGlued);
    const sign = signBefore.exec(text.slice(Math.max(0, index - 8), index))?.[1];
    const unit =
      unitOf(sign?.toLowerCase()) ?? unitOf(words[0]) ?? (scale === null ? null : unitOf(words[1]));
    yield { ...read, scale, unit, start: index, end };
  }
}

function readDigits(written: string): { values: number[]; decimals: number } | null {
  const parts = written.split(/[.,'\u2019\u00a0\u202f\u066b\u066c]/);
  const separators = written.replace(/\d+/g, '');
  const grouped =
    parts.slice(1).every((part) => part.length === 3) && (parts[0]?.length ?? 0) <= 3 && parts[0] !== '0';
  const isOneKind = new Set(separators).size <= 1;
  if (separators === '') return { values: [Number(written)], decimals: 0 };
  if (isOneKind && grouped) {
    const values = [Number(parts.join(''))];
    // 1.234 and 1,234 are a thousand here and a fraction there.
    if (separators.length === 1 && /[.,\u066b]/.test(separators))
      values.push(Number(`${parts[0]}.${parts[1]}`));
    return { values, decimals: 0 };
  }
  if (separators.length === 1)
    return { values: [Number(`${parts[0]}.${parts[1]}`)], decimals: parts[1]?.length ?? 0 };
  const last = separators.at(-1);
  const isMixed =
    separators.slice(0, -1) === separators[0]?.repeat(separators.length - 1) && last !== separators[0];
  if (isMixed) {
    const fraction = parts.at(-1) ?? '';
    return { values: [Number(`${parts.slice(0, -1).join('')}.${fraction}`)], decimals: fraction.length };
  }
  // 1.2.3 is a version or a date: each part by itself would say too little.
  const whole = Number(parts.join(''));
  return Number.isFinite(whole) ? { values: [whole], decimals: 0 } : null;
}

const scales: Readonly<Record<string, number>> = Object.fromEntries(
  [
    [1e3, 'thousand k tausend tsd mille mil тысяч тысячи тыс tusen duizend 千 ألف'],
    [1e4, '万 萬'],
    [
      1e6,
      'million millions m mn mm mio million millionen millionen millones millón milhões milhão milioni milione milioane miljoen miljoner milionów млн миллион миллионов миллиона milyon triệu ล้าน مليون 百万 εκατομμύρια',
    ],
    [1e8, '億 亿'],
    [
      1e9,
      'billion billions b bn mrd milliarde milliarden milliards milliard miliardi miliarde miliardów миллиардов млрд milyar tỷ مليار 十億 十亿',
    ],
    [1e12, 'trillion trillions tn billionen billones 兆'],
  ].flatMap(([scale, words]) =>
    String(words)
      .split(' ')
      .map((word) => [word, scale as number] as const),
  ),
);

/** A single letter is a scale only where it touches its number: 5m, 3bn, 10k. */
function scaleOf(word: string | undefined, isGlued: boolean): number | null {
  if (word === undefined || (/^[a-z]$/.test(word) && !isGlued)) return null;
  // Chinese and Japanese write no space behind it.
  return scales[word] ?? (/^[万萬億亿千兆]/.test(word) ? (scales[word.slice(0, 1)] ?? null) : null);
}

const units: Readonly<Record<string, string>> = Object.fromEntries(
  [
    [
      '%',
      '% \u066a \uff05 percent percentage pct prozent pourcent procent procento процентов процента yüzde',
    ],
    ['$', '$ usd us$ dollar dollars'],
    ['€', '€ eur euro euros'],
    ['£', '£ gbp pounds sterling'],
    ['¥', '¥ jpy yen'],
    ['₹', '₹ inr rupees'],
    ['m', 'metre metres meter meters'],
    ['km', 'km kilometre kilometres kilometer kilometers kilometern'],
    ['mile', 'mile miles'],
    ['kg', 'kg kilogram kilograms kilogramm'],
    ['day', 'day days tag tage tagen'],
    ['week', 'week weeks woche wochen'],
    ['month', 'month months monat monate monaten'],
    ['year', 'year years jahr jahre jahren'],
    ['hour', 'hour hours stunde stunden'],
    ['minute', 'minute minutes minuten'],
  ].flatMap(([unit, words]) =>
    String(words)
      .split(' ')
      .map((word) => [word, String(unit)] as const),
  ),
);

function unitOf(word: string | undefined): string | null {
  return word === undefined ? null : (units[word] ?? null);
}

const small =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const tens = ' ten twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
const wordValues = new Map<string, number>([
  ...small.map((word, at) => [word, at] as const),
  ...tens.flatMap((word, at) => (at < 2 ? [] : [[word, at * 10] as const])),
  ['dozen', 12],
]);
const wordScales = new Map([
  ['hundred', 100],
  ['thousand', 1e3],
  ['million', 1e6],
  ['billion', 1e9],
]);
const wordPattern = /[a-z]+/gi;

/** Runs of English number words; "one" alone is mostly a pronoun. */
function* inWords(text: string): Generator<Quantity> {
  let run: { total: number; group: number; start: number; end: number; words: number } | null = null;
  for (const match of text.matchAll(wordPattern)) {
    const word = match[0].toLowerCase();
    const value = wordValues.get(word);
    const scale = wordScales.get(word);
    const isNext = run !== null && /^[\s-]{1,2}(?:and )?$/.test(text.slice(run.end, match.index));
    if (run !== null && word === 'and' && /^\s$/.test(text.slice(run.end, match.index))) continue;
    if (run !== null && (!isNext || (value === undefined && scale === undefined))) {
      yield* ended(run, text);
      run = null;
    }
    if (value === undefined && (scale === undefined || run === null)) continue;
    run ??= { total: 0, group: 0, start: match.index, end: 0, words: 0 };
    run.end = match.index + word.length;
    run.words += 1;
    if (value !== undefined) run.group += value;
    else if (scale === 100) run.group *= 100;
    else if (scale !== undefined) {
      run.total += run.group * scale;
      run.group = 0;
    }
  }
  if (run !== null) yield* ended(run, text);
}

function* ended(
  run: { total: number; group: number; start: number; end: number; words: number },
  text: string,
): Generator<Quantity> {
  const value = run.total + run.group;
  if (value < 2 && run.words === 1) return;
  const after = wordAfter.exec(text.slice(run.end, run.end + 40))?.[1]?.toLowerCase();
  yield { values: [value], decimals: 0, scale: null, unit: unitOf(after), start: run.start, end: run.end };
}

const months = [
  'january jan januar janvier enero gennaio janeiro',
  'february feb februar février febrero febbraio fevereiro',
  'march mar märz mars marzo março',
  'april apr avril abril aprile',
  'may mai mayo maggio maio',
  'june jun juni juin junio giugno junho',
  'july jul juli juillet julio luglio julho',
  'august aug août agosto',
  'september sep sept septembre septiembre settembre setembro',
  'october oct oktober octobre octubre ottobre outubro',
  'november nov novembre noviembre novembro',
  'december dec dezember décembre diciembre dicembre dezembro',
].map((words) => words.split(' '));
const monthNumbers = new Map(months.flatMap((words, at) => words.map((word) => [word, at + 1] as const)));

/** The number of a month that a word names; undefined for other words. */
export function monthOf(word: string): number | undefined {
  return monthNumbers.get(word);
}

/** Whether `other` says what `claimed` says: the same value, the same after rounding as claimed, or in a table's scale. */
export function agrees(claimed: Quantity, other: Quantity): boolean {
  if (claimed.unit !== null && other.unit !== null && claimed.unit !== other.unit) return false;
  return claimed.values.some((value) => other.values.some((found) => isSame(claimed, value, other, found)));
}

function isSame(claimed: Quantity, value: number, other: Quantity, found: number): boolean {
  const full = value * (claimed.scale ?? 1);
  const fullFound = found * (other.scale ?? 1);
  if (isClose(full, fullFound)) return true;
  // A table says "in millions" once, and its rows leave it out; a statement that leaves it out says another number.
  const isOpen = claimed.scale !== null && other.scale === null;
  if (isOpen && isClose(value, found)) return true;
  const digits = String(value).replace(/\D/g, '').length;
  const mayRound =
    claimed.scale !== null || (other.decimals > claimed.decimals && claimed.unit === other.unit);
  if (digits < 3 || !mayRound) return false;
  const factors = isOpen ? [1, 1e3, 1e6] : [claimed.scale ?? 1];
  const step = 10 ** -claimed.decimals;
  return factors.some((factor) => Math.abs(fullFound / factor - value) <= step / 2 + 1e-9);
}

function isClose(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b));
}
