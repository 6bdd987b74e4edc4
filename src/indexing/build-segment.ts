import { createWordAnalyzer } from './analyze.ts';
import { encodeSegment, type TermPostings } from './encode-segment.ts';
import { unitsPerTerm } from './segment.ts';
import { splitWords } from './words.ts';

/** What a chunk is found by. The length that BM25 weighs against is that of its own text alone. */
export interface SearchableChunk {
  searchText: string;
  /** Lines that repeat on many pages of the document. */
  boilerplate?: string;
  /** Words about the chunk that it may not hold itself: headings, title, table header. */
  context?: string;
  /** Document expansion: what the chunk answers, in words of questions. */
  topics?: string;
}

export interface SegmentInput {
  /** ISO 639-1 or `und`. */
  language: string;
  /** In ordinal order: a chunk's ordinal is its place here. */
  chunks: readonly SearchableChunk[];
  units?: FieldUnits;
}

/** Weight of one occurrence in units of 1/16. */
export interface FieldUnits {
  text: number;
  boilerplate: number;
  context: number;
  topics: number;
}

/** Chosen on pages of annual reports; the order matters more than the values. */
const defaultUnits: FieldUnits = { text: unitsPerTerm, boilerplate: 8, context: 8, topics: 32 };

/** Builds the immutable keyword index of one document; `openSegment` reads it. */
export function buildSegment({ language, chunks, units }: SegmentInput): Uint8Array {
  const builder = new SegmentBuilder(language, units);
  for (const chunk of chunks) builder.add(chunk);
  return builder.build();
}

/** The same chunk by chunk, for who has something else to do in between. */
export class SegmentBuilder {
  readonly #language: string;
  readonly #units: FieldUnits;
  readonly #analyze: (words: readonly string[]) => string[];
  readonly #terms = new Map<string, Term>();
  /** The term of each word; null for a stop word. */
  readonly #words = new Map<string, Term | null>();
  readonly #lengths: number[] = [];
  #position = 0;

  constructor(language: string, units = defaultUnits) {
    this.#language = language;
    this.#units = units;
    this.#analyze = createWordAnalyzer(language);
  }

  /** In ordinal order. */
  add(chunk: SearchableChunk): void {
    const units = this.#units;
    this.#position = 0;
    const length =
      this.#read(chunk.searchText, units.text) + this.#read(chunk.boilerplate, units.boilerplate);
    this.#read(chunk.context, units.context);
    this.#read(chunk.topics, units.topics);
    this.#lengths.push(length);
  }

  build(): Uint8Array {
    return encodeSegment(this.#language, this.#lengths, this.#terms);
  }

  /** Adds a field's terms; returns its length in units. */
  #read(text: string | undefined, units: number): number {
    if (!text || units === 0) return 0;
    let length = 0;
    const ordinal = this.#lengths.length;
    const numberUnits = Math.round(units * numberShare);
    for (const line of units === unitsPerTerm ? [text] : text.split('\n')) {
      for (const word of splitWords(line)) {
        const term = this.#termOf(word);
        if (term === null) continue;
        occur(term, ordinal, this.#position++, units);
        length += term.isNumber ? numberUnits : units;
      }
      this.#position += gap;
    }
    return length;
  }

  #termOf(word: string): Term | null {
    const known = this.#words.get(word);
    if (known !== undefined) return known;
    const [name] = this.#analyze([word]);
    const term = name === undefined ? null : this.#named(name);
    // Hostile text may hold a million different words: what is kept is for the frequent ones.
    if (this.#words.size < maxKeptWords) this.#words.set(word, term);
    return term;
  }

  #named(name: string): Term {
    const known = this.#terms.get(name);
    if (known !== undefined) return known;
    const term = { ordinals: [], occurrences: [], isNumber: startsWithDigit(name) };
    this.#terms.set(name, term);
    return term;
  }
}

/** Where a term stands, chunk by chunk. */
interface Term extends TermPostings {
  isNumber: boolean;
}

const maxKeptWords = 50_000;

/** Words of different lines of a side field are no phrase: positions leave a gap between them. */
const gap = 10;

/** A table of figures is not wordy: a number adds this share of a word to the length. */
const numberShare = 0.25;

function occur({ ordinals, occurrences }: Term, ordinal: number, position: number, units: number): void {
  const last = ordinals.length - 1;
  if (last < 0 || ordinals[last] !== ordinal) {
    ordinals.push(ordinal);
    occurrences.push({ weight: units, positions: [position] });
    return;
  }
  const found = occurrences[last]!;
  found.weight += units;
  found.positions.push(position);
}

function startsWithDigit(term: string): boolean {
  const code = term.charCodeAt(0);
  return code >= 48 && code <= 57;
}
