import type { Background } from '../../src/indexing/background.ts';
import { searchKeyword } from '../../src/indexing/bm25.ts';
import type { Passage } from '../datasets.ts';
import { indexPassages } from '../passage-index.ts';

/** A question with the lists of both legs, best first, as ordinals of its conversation's passages. */
export interface AskedQuestion {
  keyword: number[];
  vector: number[];
  /** In orders drawn by lot: vectors of pure noise. */
  noise: number[][];
  /** Passage id → grade. */
  relevant: ReadonlyMap<string, number>;
}

/** A few passages and the questions that are asked of them, one after the other. */
export interface FusedConversation {
  set: string;
  /** Passages that it was to have; null: all that there are. */
  size: number | null;
  /** Passage of each ordinal. */
  ids: readonly string[];
  questions: AskedQuestion[];
}

/** As deep as a leg of the server. */
export const legDepth = 100;
const noises = 4;

/** A passage's place in a list; `random` draws the noise. */
export function conversationOver(
  set: string,
  size: number | null,
  passages: readonly Passage[],
  background: Background,
  random: () => number,
): FusedConversation & {
  ask: (text: string, vector: readonly string[], relevant: AskedQuestion['relevant']) => void;
} {
  const { segment, ids } = indexPassages(passages);
  const places = new Map(ids.map((id, place) => [id, place]));
  const questions: AskedQuestion[] = [];
  return {
    set,
    size,
    ids,
    questions,
    ask(text, vector, relevant) {
      questions.push({
        keyword: searchKeyword([segment], text, { k: legDepth, background }).map(({ ordinal }) => ordinal),
        vector: vector.flatMap((id) => places.get(id) ?? []).slice(0, legDepth),
        noise: Array.from({ length: noises }, () => draw(ids.length, legDepth, random)),
        relevant,
      });
    },
  };
}

/** `count` different numbers below `below`, or all of them, in an order drawn by lot. */
function draw(below: number, count: number, random: () => number): number[] {
  if (below <= 4 * count) return shuffle([...Array(below).keys()], random).slice(0, count);
  const drawn = new Set<number>();
  while (drawn.size < count) drawn.add(Math.floor(random() * below));
  return [...drawn];
}

/** Fisher and Yates. */
export function shuffle<T>(values: readonly T[], random: () => number): T[] {
  const shuffled = [...values];
  for (let at = shuffled.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [shuffled[at], shuffled[other]] = [shuffled[other]!, shuffled[at]!];
  }
  return shuffled;
}
