import type { Token } from './tokens.ts';

const negations: Readonly<Record<string, string>> = {
  en: 'not no never none neither nor cannot without nobody nothing nowhere n failed unable',
  de: 'nicht kein keine keinen keiner keinem keines nie niemals ohne weder niemand nichts',
  fr: 'ne pas jamais aucun aucune sans ni n',
  es: 'no nunca ningún ninguna ninguno sin jamás tampoco ni nadie',
  it: 'non mai nessun nessuno nessuna senza né',
  pt: 'não nunca sem nenhum nenhuma jamais nem',
  nl: 'niet geen nooit zonder noch',
  ro: 'nu niciodată fără nici',
  ru: 'не нет никогда без ни нельзя',
  el: 'δεν δε μην όχι ποτέ χωρίς',
  tr: 'değil yok olmayan',
  vi: 'không chưa chẳng',
};
const sets = new Map(
  Object.entries(negations).map(([language, words]) => [language, new Set(words.split(' '))]),
);

/** Words that say the opposite of each other: of two in one sentence's place, one is wrong. */
const opposites = [
  ['increase', 'decrease'],
  ['increased', 'decreased'],
  ['increases', 'decreases'],
  ['rose', 'fell'],
  ['rise', 'fall'],
  ['grew', 'shrank'],
  ['gain', 'loss'],
  ['profit', 'loss'],
  ['higher', 'lower'],
  ['more', 'less'],
  ['more', 'fewer'],
  ['before', 'after'],
  ['above', 'below'],
  ['won', 'lost'],
  ['accepted', 'rejected'],
  ['largest', 'smallest'],
  ['highest', 'lowest'],
  ['most', 'least'],
  ['first', 'last'],
  ['with', 'without'],
  ['true', 'false'],
] as const;
const oppositeOf = new Map<string, string[]>();
for (const [one, other] of opposites) {
  oppositeOf.set(one, [...(oppositeOf.get(one) ?? []), other]);
  oppositeOf.set(other, [...(oppositeOf.get(other) ?? []), one]);
}

/** So many words behind a negation are what it may deny. */
const reach = 4;
const tooCommon = new Set(
  'a an the is are was were be been being has have had do does did will would can could may might should of in to for by on at that which who it its their any only just yet'.split(
    ' ',
  ),
);

interface Negation {
  /** The words that follow, the common ones left out. */
  denied: string[];
}

/**
 * Whether the statement denies what the passage says, or says what it denies. `words` are compared by `same`, so that
 * inflections meet. Only for a passage that speaks of the same, in the same language.
 */
export function differInPolarity(
  statement: readonly Token[],
  passage: readonly Token[],
  language: string,
  same: (word: string) => string,
): boolean {
  const cues = cuesOf(language);
  const claimed = negationsOf(statement, cues, same);
  const found = negationsOf(passage, cues, same);
  const claimedWords = new Set(statement.map(({ text }) => same(text)));
  const foundWords = new Set(passage.map(({ text }) => same(text)));
  const isDenied = (by: Negation[], denied: readonly string[]): boolean =>
    by.some((one) => one.denied.some((word) => denied.includes(word)));
  // Denied here and said there: the first words behind the negation stand in the other without one.
  if (claimed.some(({ denied }) => !isDenied(found, denied) && speaksOf(denied, foundWords))) return true;
  if (found.some(({ denied }) => !isDenied(claimed, denied) && saysFirst(denied, claimedWords))) return true;
  return hasOpposite(statement, passage);
}

/** Whether the words that deny are known of a language. */
export function knowsNegations(language: string): boolean {
  return sets.has(language);
}

/** Whether something is denied in these words. */
export function hasNegation(tokens: readonly Token[], language: string): boolean {
  return negationsOf(tokens, cuesOf(language), (word) => word).length > 0;
}

const connectors = new Set('that dass daß que che dat că что що ότι'.split(' '));
const denials = new Set('false untrue wrong incorrect denied denies deny'.split(' '));
/** "no reliable evidence that" */
const furthestCue = 5;

/**
 * Whether what stands in this range of a sentence is denied by the words before it: "no fees were waived", "it is not
 * true that fees were waived".
 */
export function isDeniedBefore(
  sentence: readonly Token[],
  { start, text }: { start: number; text: string },
  language: string,
): boolean {
  const before = sentence.filter(({ end }) => end <= start);
  const cues = cuesOf(language);
  const at = before.findLastIndex((_, place) => isCue(before, place, cues));
  const between = before.slice(at + 1).map(({ text: word }) => word);
  const isClause = connectors.has(before.at(-1)?.text ?? '');
  const isNear = at !== -1 && between.length <= furthestCue;
  // "never denied that" says it.
  if (isClause && denials.has(before.at(-2)?.text ?? '')) return !isNear;
  if (isClause) return isNear;
  const gap = text.slice(before[at]?.end ?? start, start);
  return isNear && between.every((word) => tooCommon.has(word)) && !/[.,:;!?]/.test(gap);
}

function cuesOf(language: string): ReadonlySet<string> {
  return sets.get(language) ?? sets.get('en')!;
}

function speaksOf(denied: readonly string[], words: ReadonlySet<string>): boolean {
  return denied.length === 0 || denied.some((word) => words.has(word));
}

function saysFirst(denied: readonly string[], words: ReadonlySet<string>): boolean {
  const [first, second] = denied;
  return first !== undefined && words.has(first) && (second === undefined || words.has(second));
}

function negationsOf(
  tokens: readonly Token[],
  cues: ReadonlySet<string>,
  same: (word: string) => string,
): Negation[] {
  const negations: Negation[] = [];
  for (const at of tokens.keys()) {
    if (!isCue(tokens, at, cues)) continue;
    const denied = tokens
      .slice(at + 1)
      .filter(({ text: word }) => !tooCommon.has(word) && !cues.has(word))
      .slice(0, reach)
      .map(({ text: word }) => same(word));
    negations.push({ denied });
  }
  return negations;
}

function isCue(tokens: readonly Token[], at: number, cues: ReadonlySet<string>): boolean {
  const text = tokens[at]?.text ?? '';
  const next = tokens[at + 1]?.text;
  // "don't" is two words here: "don" and "t".
  const isCut = text === 't' && tokens[at - 1]?.text.endsWith('n') === true;
  const isWord = cues.has(text) && !(text === 'n' && next !== 't');
  if (!isWord && !isCut) return false;
  // "not only … but" denies nothing; "no. 5" is a number.
  return !(next === 'only' || (text === 'no' && /^\d/.test(next ?? '')));
}

function hasOpposite(statement: readonly Token[], passage: readonly Token[]): boolean {
  const there = new Set(passage.map(({ text }) => text));
  const here = new Set(statement.map(({ text }) => text));
  return [...here].some(
    (word) =>
      !there.has(word) && (oppositeOf.get(word) ?? []).some((other) => there.has(other) && !here.has(other)),
  );
}
