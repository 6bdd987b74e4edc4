/** `[start, end)` in UTF-16 units. */
export interface Span {
  start: number;
  end: number;
}

/** Longer quotations are not read. */
const maxSentence = 400;
/** Thai and its neighbours end no sentence with a mark; a space parts clauses there. */
const maxUnmarked = 240;
const unmarked = /[\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;

/** The sentences of `text` inside the span, none longer than 400 characters, each without outer space. */
export function splitSentences(text: string, span: Span): Span[] {
  // The segmenter ends a sentence at every line feed, even in the middle of a wrapped paragraph.
  const paragraph = text.slice(span.start, span.end).replaceAll('\n', ' ');
  const sentences: Span[] = [];
  let start = 0;
  for (const end of sentenceEnds(paragraph)) {
    sentences.push(...cutLong(paragraph, { start, end }));
    start = end;
  }
  return sentences
    .map((sentence) => trimSpan(paragraph, sentence))
    .filter(({ start: from, end }) => end > from)
    .map((sentence) => ({ start: span.start + sentence.start, end: span.start + sentence.end }));
}

/** Where each sentence ends, the white space behind it included; the last one at the end of the text. */
export function sentenceEnds(text: string): number[] {
  const ends: number[] = [];
  for (const { segment, index } of segmenter.segment(text)) {
    const end = index + segment.length;
    if (end === text.length || !endsInAbbreviation.test(segment.slice(-12))) ends.push(end);
  }
  return ends;
}

const segmenter = new Intl.Segmenter('und', { granularity: 'sentence' });

/** A full stop after these ends no sentence: titles, references, single capital letters. */
const endsInAbbreviation =
  /(?:^|[\s(.])(?:\p{Lu}|Dr|Mr|Mrs|Ms|Mme|Prof|St|Sr|Sra|No|Nr|Nos|Fig|Abb|Art|Abs|Sec|Vol|Tab|Eq|pp?|cf|vs|approx|ca|Mio|Mrd|Tsd|inkl|bzw|usw|z\.\s?B|d\.\s?h|e\.g|i\.e|al)\.\s*$/u;

/** Cuts at the last clause mark, else the last space, else anywhere but inside a character. */
function* cutLong(text: string, { start, end }: Span): Generator<Span> {
  const longest = unmarked.test(text.slice(start, start + maxUnmarked)) ? maxUnmarked : maxSentence;
  let from = start;
  while (end - from > longest) {
    const window = text.slice(from, from + longest);
    const clause = window.search(/[;,:；，、：][^;,:；，、：]*$/u);
    const space = window.lastIndexOf(' ');
    const cut = [clause + 1, space].find((place) => place > longest / 2) ?? wholeCharacters(window);
    yield { start: from, end: from + cut };
    from += cut;
  }
  yield { start: from, end };
}

function wholeCharacters(window: string): number {
  const last = window.charCodeAt(window.length - 1);
  return last >= 0xd800 && last <= 0xdbff ? window.length - 1 : window.length;
}

function trimSpan(text: string, { start, end }: Span): Span {
  const piece = text.slice(start, end);
  return { start: start + piece.length - piece.trimStart().length, end: start + piece.trimEnd().length };
}
