import type { Block, ExtractedDocument } from '../formats/format.ts';
import { countTokens } from '../models/tokens.ts';

/** A stretch of a document that is not cut any further. */
export interface Unit {
  start: number;
  end: number;
  tokens: number;
  block: Block;
}

/** Pieces of text in which there is nothing better to cut at. */
const pieceLength = 256;

/**
 * The stretches that chunks are packed from: whole blocks, or the rows, lines or sentences of a block
 * that is larger than `maxTokens`. Running headers and page numbers are left out.
 */
export function* unitsOf({ text, blocks }: ExtractedDocument, maxTokens: number): Generator<Unit> {
  for (const block of blocks) {
    if (block.kind === 'other') continue;
    yield* fit(text, block, block.start, block.end, maxTokens, [rowsOf, sentencesOf, piecesOf]);
  }
}

/** The last sentences of a stretch that together stay within `maxTokens`; returns where they start. */
export function tailStart(text: string, start: number, end: number, maxTokens: number): number {
  const from = Math.max(start, end - 4_000);
  const sentences = [...sentencesOf(text, from, end)];
  let tokens = 0;
  let tail = end;
  for (const sentence of sentences.toReversed()) {
    tokens += countTokens(text.slice(sentence.start, sentence.end));
    if (tokens > maxTokens || (sentence.start === from && from > start)) break;
    tail = sentence.start;
  }
  return tail;
}

type Cut = (text: string, start: number, end: number) => Iterable<{ start: number; end: number }>;

/** Yields a stretch whole if it fits, else its parts by the first cut that makes any. */
function* fit(
  text: string,
  block: Block,
  start: number,
  end: number,
  maxTokens: number,
  cuts: Cut[],
): Generator<Unit> {
  // A character is at most a handful of tokens and rarely less than a sixth of one: no need to count what is far too long.
  const tokens = end - start > maxTokens * 12 ? Infinity : countTokens(text.slice(start, end));
  const [cut, ...finer] = cuts;
  if (tokens <= maxTokens || (!cut && end - start < 16)) {
    yield { start, end, tokens, block };
    return;
  }
  if (!cut) {
    const middle = safeCut(text, start, start + Math.floor((end - start) / 2));
    yield* fit(text, block, start, middle, maxTokens, []);
    yield* fit(text, block, middle, end, maxTokens, []);
    return;
  }
  for (const part of cut(text, start, end)) yield* fit(text, block, part.start, part.end, maxTokens, finer);
}

/** Lines: rows of a table, lines of code, items of a list. */
function* rowsOf(text: string, start: number, end: number): Iterable<{ start: number; end: number }> {
  for (let at = start; at < end;) {
    const next = text.indexOf('\n', at);
    const stop = next < 0 || next >= end ? end : next;
    if (text.slice(at, stop).trim() !== '') yield { start: at, end: stop };
    at = stop + 1;
  }
}

const segmenter = new Intl.Segmenter(undefined, { granularity: 'sentence' });

function* sentencesOf(text: string, start: number, end: number): Iterable<{ start: number; end: number }> {
  for (const { index, segment } of segmenter.segment(text.slice(start, end))) {
    const length = segment.trimEnd().length;
    if (length > 0) yield { start: start + index, end: start + index + length };
  }
}

/** Pieces of some hundred characters that end at white space where there is any. */
function* piecesOf(text: string, start: number, end: number): Iterable<{ start: number; end: number }> {
  for (let at = start; at < end;) {
    let stop = Math.min(end, at + pieceLength);
    if (stop < end) {
      // Looked for in the piece alone: without a space in the text it would be read back to its start each time.
      const space = text.slice(at, stop + 1).lastIndexOf(' ');
      stop = space > pieceLength / 2 ? at + space : safeCut(text, at, stop);
    }
    yield { start: at, end: stop };
    at = stop;
  }
}

/** Moves a cut off the middle of a surrogate pair, but never back to `start`. */
function safeCut(text: string, start: number, cut: number): number {
  const isInsidePair = /[\udc00-\udfff]/.test(text[cut] ?? '') && /[\ud800-\udbff]/.test(text[cut - 1] ?? '');
  if (!isInsidePair) return cut;
  return cut - 1 > start ? cut - 1 : cut + 1;
}
