/**
 * What a language says for sentences of the server: for one that is always the same a text, for one with values in it a
 * function of what stands in its gaps. Gaps are `{}` for any text, `{#}` for a number, `{sentence}` for a sentence that is
 * translated itself, and `{list}` for several of them between semicolons.
 */
export type Sentences = Readonly<Record<string, string | ((...values: string[]) => string)>>;

/** What the server said, as a page shows it. */
export interface Said {
  /** Empty where nothing can be said in the language of the page. */
  text: string;
  /** The server's own words, in English, where the text is no translation of them. */
  original: string | null;
}

interface Pattern {
  /** What stands before, between and behind the gaps. */
  pieces: readonly string[];
  gaps: readonly string[];
  say: (...values: string[]) => string;
}

export interface Translation {
  text: string;
  /** What stood in the gaps. */
  values: string[];
}

export type Translate = (sentence: string) => Translation | null;

/** Nothing that the server says is longer, or holds more sentences within each other. */
const mostCharacters = 12_000;
const deepest = 3;

/** Finds what to say for a sentence, or for several one behind the other; null when there is no entry for it. */
export function translator(sentences: Sentences): Translate {
  const fixed = new Map<string, string>();
  const patterns: Pattern[] = [];
  for (const [key, say] of Object.entries(sentences)) {
    if (typeof say === 'string') fixed.set(key, say);
    else patterns.push(patternOf(key, say));
  }
  // What says more of itself is what was meant.
  patterns.sort((a, b) => lettersOf(b) - lettersOf(a));
  return (sentence) => (sentence.length > mostCharacters ? null : translate(sentence, 0));

  function translate(sentence: string, depth: number): Translation | null {
    const text = fixed.get(sentence);
    if (text !== undefined) return { text, values: [] };
    if (depth > deepest) return null;
    for (const pattern of patterns) {
      const values = valuesIn(sentence, pattern);
      const said = values === null ? null : fill(pattern, values, depth + 1);
      if (said !== null) return said;
    }
    return translateSeveral(sentence, depth + 1);
  }

  function fill({ gaps, say }: Pattern, values: string[], depth: number): Translation | null {
    const inner = values.map((value, at) => fillOne(gaps[at], value, depth)).filter((one) => one !== null);
    if (inner.length < values.length) return null;
    return { text: say(...inner.map(({ text }) => text)), values: inner.flatMap((one) => one.values) };
  }

  function fillOne(gap: string | undefined, value: string, depth: number): Translation | null {
    if (gap === '{sentence}') return translate(value, depth);
    if (gap !== '{list}') return { text: value, values: [value] };
    const parts = value.split('; ');
    const said = parts.map((part) => translate(part, depth)).filter((one) => one !== null);
    if (said.length < parts.length) return null;
    return { text: said.map(({ text }) => text).join('; '), values: said.flatMap((one) => one.values) };
  }

  /** Some errors are told as one sentence of a fixed text and one more behind it. */
  function translateSeveral(sentence: string, depth: number): Translation | null {
    for (const [first, text] of fixed) {
      if (!sentence.startsWith(`${first} `)) continue;
      const rest = translate(sentence.slice(first.length + 1), depth);
      if (rest !== null) return { text: `${text} ${rest.text}`, values: rest.values };
    }
    return null;
  }
}

const gapMarks = ['{}', '{#}', '{sentence}', '{list}'];

function patternOf(key: string, say: Pattern['say']): Pattern {
  const pieces: string[] = [];
  const gaps: string[] = [];
  let from = 0;
  for (let at = 0; at < key.length; at += 1) {
    const gap = gapMarks.find((mark) => key.startsWith(mark, at));
    if (gap === undefined) continue;
    pieces.push(key.slice(from, at));
    gaps.push(gap);
    from = at + gap.length;
  }
  return { pieces: [...pieces, key.slice(from)], gaps, say };
}

function lettersOf({ pieces }: Pattern): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

/** One look through the sentence for each piece: names in it may be as long and as odd as they like. */
function valuesIn(sentence: string, { pieces, gaps }: Pattern): string[] | null {
  const [first = '', last = ''] = [pieces[0], pieces.at(-1)];
  const end = sentence.length - last.length;
  let at = first.length;
  if (at > end || !sentence.startsWith(first) || !sentence.endsWith(last)) return null;
  const values: string[] = [];
  for (const piece of pieces.slice(1, -1)) {
    const found = sentence.indexOf(piece, at);
    if (found === -1 || found + piece.length > end) return null;
    values.push(sentence.slice(at, found));
    at = found + piece.length;
  }
  values.push(sentence.slice(at, end));
  return values.every((value, place) => gaps[place] !== '{#}' || isNumber(value)) ? values : null;
}

function isNumber(value: string): boolean {
  return /^[\d.,]+$/.test(value);
}
