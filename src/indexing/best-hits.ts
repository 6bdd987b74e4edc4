/** A chunk that was found. */
export interface Hit {
  /** Place of the segment in the searched list. */
  segment: number;
  /** Ordinal of the chunk in its document. */
  ordinal: number;
  score: number;
}

/** Keeps the k best of many scores; most of them fall to one comparison with the worst kept. */
export class BestHits {
  readonly #k: number;
  #hits: Hit[] = [];
  #threshold: number;

  /** Scores must be above `floor` to count. */
  constructor(k: number, floor: number) {
    this.#k = k;
    this.#threshold = floor;
  }

  /** Offers the scores of the first `count` chunks of a segment. */
  offer(segment: number, scores: Float64Array | Float32Array, count: number): void {
    for (let ordinal = 0; ordinal < count; ordinal++) {
      const score = scores[ordinal]!;
      if (score <= this.#threshold) continue;
      this.#hits.push({ segment, ordinal, score });
      if (this.#hits.length >= 4 * this.#k + 16) this.#cut();
    }
  }

  /** Best first; equal scores in the order of segments and ordinals. */
  sorted(): Hit[] {
    this.#cut();
    return this.#hits;
  }

  #cut(): void {
    this.#hits.sort((a, b) => b.score - a.score || a.segment - b.segment || a.ordinal - b.ordinal);
    if (this.#hits.length < this.#k) return;
    this.#hits.length = this.#k;
    this.#threshold = this.#hits[this.#k - 1]!.score;
  }
}
