export interface CitableSource {
  n: number;
  text: string;
}

export interface Citation {
  n: number;
  verified: boolean;
}

export interface FilteredText {
  text: string;
  citations: Citation[];
}

/** Reads an answer as it streams, checks each bracketed number, and lets no number through that names no source. */
export interface CitationFilter {
  push(delta: string): FilteredText;
  /** What was held back at the end of the answer. */
  flush(): FilteredText;
}

const marker = /\[(?:\^|source\s*)?(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\]/gi;
/** A marker that may still be completed by the next delta. */
const openMarker = /\[(?:\^|s(?:o(?:u(?:r(?:c(?:e\s*)?)?)?)?)?)?[\d\s,;]{0,40}$/i;
const quotation = /["“„«「]([^"“”„«»「」]{8,})["”“»」]/g;
const sentenceEnd = /[.!?。！？]\s|\n/g;
/** A paraphrase counts as resting on a source when this share of its words stand there. */
const enoughOverlap = 0.4;
const maxSentence = 2_000;

export function createCitationFilter(sources: readonly CitableSource[]): CitationFilter {
  const normal = new Map(sources.map((source) => [source.n, normalise(source.text)]));
  const words = new Map([...normal].map(([n, text]) => [n, new Set(wordsOf(text))]));
  let held = '';
  let sentence = '';

  function read(text: string): FilteredText {
    const citations: Citation[] = [];
    let out = '';
    let at = 0;
    for (const match of text.matchAll(marker)) {
      const before = text.slice(at, match.index);
      out += before;
      if (before !== '') sentence = lastSentence(sentence + before);
      const numbers = [...new Set((match[1] ?? '').split(/\D+/).filter(Boolean).map(Number))];
      const checked = numbers.flatMap((n) => check(n));
      out += checked.map(({ n }) => `[${n}]`).join('');
      citations.push(...checked);
      at = match.index + match[0].length;
    }
    const rest = text.slice(at);
    sentence = lastSentence(sentence + rest);
    return { text: out + rest, citations };
  }

  function check(n: number): Citation[] {
    const own = normal.get(n);
    if (own === undefined) return [];
    const quotes = [...sentence.matchAll(quotation)].map((match) => normalise(match[1] ?? '')).slice(-3);
    const quote = quotes.at(-1);
    if (quote !== undefined) {
      if (own.includes(quote)) return [{ n, verified: true }];
      // Right words, wrong number: the source that holds the quotation is the one that is meant.
      const holder = [...normal].find(([, text]) => text.includes(quote))?.[0];
      return holder === undefined ? [{ n, verified: false }] : [{ n: holder, verified: true }];
    }
    return [{ n, verified: overlap(sentence, words.get(n) ?? new Set()) >= enoughOverlap }];
  }

  return {
    push(delta) {
      const text = held + delta;
      const open = openMarker.exec(text);
      held = open === null ? '' : text.slice(open.index);
      return read(open === null ? text : text.slice(0, open.index));
    },
    flush() {
      const text = held;
      held = '';
      return read(text);
    },
  };
}

/** Quotations are compared without regard to case, white space and typographic marks. */
function normalise(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\u2018\u2019\u201a\u201b]/g, "'")
    .replace(/[\u201c\u201d\u201e\u00ab\u00bb]/g, '"')
    .replace(/[\u2010-\u2015\u2212]/g, '-')
    .replace(/\s+/g, ' ')
    .trim();
}

function lastSentence(text: string): string {
  const recent = text.slice(-maxSentence);
  const written = recent.trimEnd().length;
  let start = 0;
  for (const match of recent.matchAll(sentenceEnd)) {
    const after = match.index + match[0].length;
    // Markers often stand behind the full stop: the sentence before them is the one they belong to.
    if (after < written) start = after;
  }
  return recent.slice(start);
}

function overlap(sentence: string, source: ReadonlySet<string>): number {
  const claimed = wordsOf(normalise(sentence));
  if (claimed.length === 0) return 0;
  return claimed.filter((word) => source.has(word)).length / claimed.length;
}

/** Words of four letters and more and all numbers; scripts without spaces are taken by pairs of characters. */
function wordsOf(text: string): string[] {
  const found: string[] = [];
  for (const [word] of text.matchAll(/[\p{L}\p{M}\p{N}]+/gu)) {
    if (/[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}]/u.test(word)) {
      for (let at = 0; at + 1 < word.length; at += 1) found.push(word.slice(at, at + 2));
    } else if (word.length >= 4 || /\d/.test(word)) found.push(word);
  }
  return found;
}
