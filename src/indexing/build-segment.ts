import { type Analyzer, createAnalyzer } from './analyze.ts';
import { encodeSegment, type Occurrences, type TermPostings } from './encode-segment.ts';
import { unitsPerTerm } from './segment.ts';

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
  readonly #analyze: Analyzer;
  readonly #terms = new Map<string, TermPostings>();
  readonly #lengths: number[] = [];

  constructor(language: string, units = defaultUnits) {
    this.#language = language;
    this.#units = units;
    this.#analyze = createAnalyzer(language);
  }

  /** In ordinal order. */
  add(chunk: SearchableChunk): void {
    const units = this.#units;
    const occurrences = new Map<string, Occurrences>();
    const field = new FieldReader(this.#analyze, occurrences);
    const length =
      field.read(chunk.searchText, units.text) + field.read(chunk.boilerplate, units.boilerplate);
    field.read(chunk.context, units.context);
    field.read(chunk.topics, units.topics);
    const ordinal = this.#lengths.push(length) - 1;
    for (const [term, found] of occurrences) append(this.#terms, term, ordinal, found);
  }

  build(): Uint8Array {
    return encodeSegment(this.#language, this.#lengths, this.#terms);
  }
}

/** Words of different lines of a side field are no phrase: positions leave a gap between them. */
const gap = 10;

/** A table of figures is not wordy: a number adds this share of a word to the length. */
const numberShare = 0.25;

class FieldReader {
  readonly #analyze: Analyzer;
  readonly #occurrences: Map<string, Occurrences>;
  #position = 0;

  constructor(analyze: Analyzer, occurrences: Map<string, Occurrences>) {
    this.#analyze = analyze;
    this.#occurrences = occurrences;
  }

  /** Adds a field's terms; returns its length in units. */
  read(text: string | undefined, units: number): number {
    if (!text || units === 0) return 0;
    let length = 0;
    for (const line of units === unitsPerTerm ? [text] : text.split('\n')) {
      const terms = this.#analyze(line);
      for (const term of terms) {
        this.#add(term, units);
        length += startsWithDigit(term) ? Math.round(units * numberShare) : units;
      }
      this.#position += gap;
    }
    return length;
  }

  #add(term: string, units: number): void {
    const position = this.#position++;
    const found = this.#occurrences.get(term);
    if (!found) {
      this.#occurrences.set(term, { weight: units, positions: [position] });
      return;
    }
    found.weight += units;
    found.positions.push(position);
  }
}

function startsWithDigit(term: string): boolean {
  const code = term.charCodeAt(0);
  return code >= 48 && code <= 57;
}

function append(terms: Map<string, TermPostings>, term: string, ordinal: number, found: Occurrences): void {
  const postings = terms.get(term);
  if (!postings) {
    terms.set(term, { ordinals: [ordinal], occurrences: [found] });
    return;
  }
  postings.ordinals.push(ordinal);
  postings.occurrences.push(found);
}
