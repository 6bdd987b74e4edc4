import type { ExtractedDocument } from '../formats/format.ts';
import { tailStart, unitsOf, type Unit } from './chunk-units.ts';
import { countTokens } from '../models/tokens.ts';

export interface ChunkOptions {
  /** Tokens of a chunk, overlap and table header included. */
  maxTokens: number;
  /** Tokens that a chunk may repeat from the end of the one before. */
  overlapTokens: number;
  /** A heading begins a new chunk once the current one has this many tokens. */
  minTokens: number;
}

/** Large enough to hold a thought, small enough that several fit in a prompt. */
const defaultChunkOptions: ChunkOptions = { maxTokens: 500, overlapTokens: 50, minTokens: 150 };

export interface Chunk {
  ordinal: number;
  /** `text === document.text.slice(start, end)`, always. */
  start: number;
  end: number;
  text: string;
  /** First and last page, equal unless the format has no pages (null). */
  page: number | null;
  pageEnd: number | null;
  /** Headings above the chunk, the outermost first. */
  heading: string[];
  /** Header rows of the table that the chunk continues; to be shown, searched and embedded before `text`. */
  prefix?: string;
  /** Its text was recognised in a picture. */
  ocr?: true;
  /** Tokens of prefix and text. */
  tokens: number;
}

/** Longer header rows are cut: a prefix labels, it does not replace the table. */
const maxPrefixLength = 300;

/**
 * Cuts a document into chunks along its structure. A chunk lies on one page, so that a citation opens
 * the right one; headings begin chunks, tables are cut between rows, text between sentences.
 */
export function chunk(document: ExtractedDocument, options: ChunkOptions = defaultChunkOptions): Chunk[] {
  const outline = new Outline(document.text);
  const chunks: Chunk[] = [];
  const budget = options.maxTokens - options.overlapTokens;
  for (const run of runsOf(unitsOf(document, budget), options.minTokens)) {
    let previous: Previous | undefined;
    for (const units of pack(run, budget, document.text)) {
      const made = makeChunk(document.text, chunks.length, units, previous, outline, options);
      chunks.push(made);
      previous = { unit: units.at(-1) as Unit, start: made.start };
    }
  }
  return chunks;
}

/** The end of the chunk before, and where that chunk began. */
interface Previous {
  unit: Unit;
  start: number;
}

/** Stretches that chunks never cross: pages, and sections that are long enough to stand alone. */
function* runsOf(units: Iterable<Unit>, minTokens: number): Generator<Unit[]> {
  let run: Unit[] = [];
  let tokens = 0;
  for (const unit of units) {
    const last = run.at(-1);
    const startsSection =
      unit.block.kind === 'heading' && last?.block.kind !== 'heading' && tokens >= minTokens;
    if (last && (startsSection || unit.block.page !== last.block.page)) {
      yield run;
      run = [];
      tokens = 0;
    }
    run.push(unit);
    tokens += unit.tokens;
  }
  if (run.length > 0) yield run;
}

/** Shares a run out over as few chunks as it needs, of about the same size. */
function pack(run: Unit[], budget: number, text: string): Unit[][] {
  const total = tokensOf(run);
  const goal = total / Math.ceil(total / budget);
  const packs: Unit[][] = [];
  let current: Unit[] = [];
  let tokens = 0;
  for (const unit of run) {
    const limit = budget - prefixTokens(current[0], text);
    const gap = gapTokens(current.at(-1), unit, text);
    const after = tokens + gap + unit.tokens;
    if (current.length > 0 && (after > limit || after - unit.tokens / 2 > goal)) {
      const carried = carriedHeadings(current, budget - gap - unit.tokens);
      packs.push(current);
      current = carried;
      tokens = carried.length > 0 ? gap + tokensOf(carried) : 0;
    } else {
      tokens += gap;
    }
    current.push(unit);
    tokens += unit.tokens;
  }
  packs.push(current);
  return packs;
}

/** A chunk is one stretch of the text, so it takes along what was left out between two of its units. */
function gapTokens(before: Unit | undefined, unit: Unit, text: string): number {
  if (!before) return 0;
  return unit.start - before.end > 4 ? countTokens(text.slice(before.end, unit.start)) : 1;
}

/** Takes the headings off the end of a pack, if there is room for them before what follows: there they belong. */
function carriedHeadings(pack: Unit[], room: number): Unit[] {
  const from = pack.findLastIndex((unit) => unit.block.kind !== 'heading') + 1;
  return from === 0 || tokensOf(pack.slice(from)) > room ? [] : pack.splice(from);
}

function tokensOf(units: Unit[]): number {
  return units.reduce((sum, unit) => sum + unit.tokens, 0);
}

function makeChunk(
  text: string,
  ordinal: number,
  units: Unit[],
  previous: Previous | undefined,
  outline: Outline,
  options: ChunkOptions,
): Chunk {
  const [first, last] = [units[0] as Unit, units.at(-1) as Unit];
  const heading = enterHeadings(units, outline);
  const start = previous ? overlapStart(text, previous, first, options.overlapTokens) : first.start;
  const prefix = prefixOf(first, text);
  const slice = text.slice(start, last.end);
  return {
    ordinal,
    start,
    end: last.end,
    text: slice,
    page: first.block.page,
    pageEnd: last.block.page,
    heading,
    ...(prefix !== null && { prefix }),
    ...(units.some(({ block }) => block.ocr === true) && { ocr: true as const }),
    // One unit by itself has been counted.
    tokens:
      prefix === null && first === last && start === first.start
        ? first.tokens
        : countTokens(prefix === null ? slice : `${prefix}\n${slice}`),
  };
}

/** The headings above the first words of a chunk; those further down hold for what follows it. */
function enterHeadings(units: Unit[], outline: Outline): string[] {
  const body = units.findIndex((unit) => unit.block.kind !== 'heading');
  const first = body < 0 ? units.length : body;
  for (const unit of units.slice(0, first)) outline.enter(unit);
  const path = outline.path();
  for (const unit of units.slice(first)) if (unit.block.kind === 'heading') outline.enter(unit);
  return path;
}

/** Prose is overlapped by whole sentences, but never by a whole chunk; rows, code and headings are not repeated. */
function overlapStart(
  text: string,
  { unit: previous, start: previousStart }: Previous,
  first: Unit,
  overlapTokens: number,
): number {
  const isProse = ({ block }: Unit) => block.kind === 'paragraph' || block.kind === 'list_item';
  if (!isProse(previous) || !isProse(first)) return first.start;
  if (first.start - previous.end > 100) return first.start;
  const start = tailStart(text, previous.start, previous.end, overlapTokens);
  return start < previous.end && start > previousStart ? start : first.start;
}

function prefixOf(unit: Unit, text: string): string | null {
  const { headerEnd, start } = unit.block;
  if (headerEnd === undefined || unit.start < headerEnd) return null;
  return text.slice(start, Math.min(headerEnd, start + maxPrefixLength)).toWellFormed();
}

function prefixTokens(unit: Unit | undefined, text: string): number {
  const prefix = unit ? prefixOf(unit, text) : null;
  return prefix === null ? 0 : countTokens(prefix);
}

/** The headings that hold at a place of the document. */
class Outline {
  readonly #text: string;
  #open: { level: number; title: string }[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  enter({ start, end, block }: Unit): void {
    const level = block.level ?? 1;
    const title = withoutMarks(this.#text.slice(start, end)).replace(/\s+/g, ' ').trim();
    this.#open = [
      ...this.#open.filter((heading) => heading.level < level),
      { level, title: title.slice(0, 200).toWellFormed() },
    ];
  }

  path(): string[] {
    return this.#open.map((heading) => heading.title).filter((title) => title !== '');
  }
}

/** A heading without the marks of Markdown: hashes around it, a line of dashes or equals signs below it. */
function withoutMarks(heading: string): string {
  const whole = heading.trim();
  const lastLine = whole.lastIndexOf('\n');
  const isUnderlined = lastLine !== -1 && /^\s*[=-]+$/.test(whole.slice(lastLine));
  const text = isUnderlined ? whole.slice(0, lastLine).trimEnd() : whole;
  let end = text.length;
  while (text[end - 1] === '#') end -= 1;
  return text.slice(0, end).replace(/^#+/, '');
}
