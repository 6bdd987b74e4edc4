/** A chunk that was found. */
export interface Hit {
  /** Place of the segment in the searched list. */
  segment: number;
  /** Ordinal of the chunk in its document. */
  ordinal: number;
  score: number;
}

/**
 * Keeps the k best of many scores in a binary heap with the worst at the root: most scores fall to one
 * comparison. Offer segments in order: of equal scores the first ones stay and come first.
 */
export class BestHits {
  readonly #k: number;
  readonly #heap: Hit[] = [];
  #threshold: number;

  /** Scores must be above `floor` to count. */
  constructor(k: number, floor: number) {
    this.#k = k;
    this.#threshold = k > 0 ? floor : Number.POSITIVE_INFINITY;
  }

  /** Offers the scores of the first `count` chunks of a segment. */
  offer(segment: number, scores: Float64Array | Float32Array, count: number): void {
    let threshold = this.#threshold;
    for (let ordinal = 0; ordinal < count; ordinal++) {
      if (scores[ordinal]! <= threshold) continue;
      this.#keep({ segment, ordinal, score: scores[ordinal]! });
      threshold = this.#threshold;
    }
  }

  /** Best first; equal scores in the order of segments and ordinals. */
  sorted(): Hit[] {
    return this.#heap.toSorted((a, b) => (isWorse(a, b) ? 1 : -1));
  }

  #keep(hit: Hit): void {
    const heap = this.#heap;
    if (heap.length < this.#k) {
      heap.push(hit);
      this.#rise(heap.length - 1);
    } else {
      heap[0] = hit;
      this.#sink();
    }
    if (heap.length === this.#k) this.#threshold = heap[0]!.score;
  }

  #rise(start: number): void {
    const heap = this.#heap;
    let at = start;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isWorse(heap[at]!, heap[parent]!)) return;
      [heap[at], heap[parent]] = [heap[parent]!, heap[at]!];
      at = parent;
    }
  }

  #sink(): void {
    const heap = this.#heap;
    const sinking = heap[0]!;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isWorse(heap[child + 1]!, heap[child]!)) child++;
      if (!isWorse(heap[child]!, sinking)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = sinking;
  }
}

function isWorse(a: Hit, b: Hit): boolean {
  if (a.score !== b.score) return a.score < b.score;
  return a.segment !== b.segment ? a.segment > b.segment : a.ordinal > b.ordinal;
}
