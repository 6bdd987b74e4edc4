import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { EvalError } from './eval-error.ts';
import type { Judgements, Run } from './metrics.ts';

/** A passage or page to be found. */
export interface Passage {
  id: string;
  title: string;
  text: string;
  /** Document that a page belongs to. */
  document?: string;
  page?: number;
}

export interface Query {
  id: string;
  text: string;
}

export interface Dataset {
  passages: Passage[];
  queries: Query[];
  judgements: Judgements;
  /** Passages of each conversation, where the set parts them. */
  scopes: ReadonlyMap<string, readonly string[]> | null;
}

/** Names of the files of one dataset inside its folder; a missing one means the common name. */
export interface DatasetFiles {
  corpus?: string;
  queries?: string;
  judgements?: string;
  scopes?: string;
}

/** Reads a folder of `corpus.jsonl.gz`, `queries.jsonl`, `qrels.tsv` and, where there is one, `scopes.jsonl`. */
export function readDataset(folder: string, files: DatasetFiles = {}): Dataset {
  const scopes = join(folder, files.scopes ?? 'scopes.jsonl');
  return {
    passages: readPassages(join(folder, files.corpus ?? 'corpus.jsonl.gz')),
    queries: readQueries(join(folder, files.queries ?? 'queries.jsonl')),
    judgements: readJudgements(join(folder, files.judgements ?? 'qrels.tsv')),
    scopes: existsSync(scopes) ? readScopes(scopes) : null,
  };
}

export function readPassages(path: string): Passage[] {
  return Array.from(readTexts<PassageLine>(path), (line) => ({
    id: line._id,
    title: line.title ?? '',
    text: line.text,
    ...(line.doc === undefined ? {} : { document: line.doc }),
    ...(line.page === undefined ? {} : { page: line.page }),
  }));
}

/** Query texts; the speaker marks of conversational sets become spaces. */
export function readQueries(path: string): Query[] {
  return Array.from(readTexts<QueryLine>(path), (line) => ({
    id: line._id,
    text: line.text.replace(/\|(?:user|agent)\|:/g, ' ').trim(),
  }));
}

/** Lines of query id, document id and grade, tab-separated; a header and grades of 0 are skipped. */
export function readJudgements(path: string): Judgements {
  const judgements = new Map<string, Map<string, number>>();
  for (const line of readText(path).split('\n')) {
    const [query, document, grade] = line.trim().split('\t');
    if (!query || !document || !(Number(grade) > 0)) continue;
    const relevant = judgements.get(query) ?? new Map<string, number>();
    judgements.set(query, relevant.set(document, Number(grade)));
  }
  return judgements;
}

/** Which passages each conversation has. */
export function readScopes(path: string): NonNullable<Dataset['scopes']> {
  const lines = readLines<{ conversation_id: string; passage_ids: string[] }>(path);
  return new Map(Array.from(lines, (line) => [line.conversation_id, line.passage_ids]));
}

/** A run file: one JSON line `{ query_id, results: [[document id, score], …] }` per query, best first. */
export function readRun(path: string): Run {
  const lines = readLines<{ query_id: string; results: [string, number][] }>(path);
  return new Map(Array.from(lines, (line) => [line.query_id, line.results.map(([id]) => id)]));
}

/** The conversation that a query belongs to: the part of its id before `<::>`. */
export function conversationOf(queryId: string): string {
  return queryId.split('<::>')[0]!;
}

/** The JSON lines of a file, packed or not. @throws EvalError that names the line which is none */
export function* readLines<T>(path: string): Generator<T> {
  for (const [at, line] of readText(path).split('\n').entries()) {
    // Measurement data has no schema to check against: the reader names the shape it relies on.
    if (line.trim()) yield parseLine(line, `${path}, line ${at + 1}`) as T;
  }
}

function parseLine(line: string, place: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new EvalError(`${place} is not JSON.`, { cause });
  }
}

/** @throws EvalError when a line lacks its id or its text */
export function* readTexts<T extends QueryLine>(path: string): Generator<T> {
  let at = 0;
  for (const line of readLines<T>(path)) {
    at += 1;
    if (typeof line._id !== 'string' || typeof line.text !== 'string') {
      throw new EvalError(`${path}, entry ${at}: each needs "_id" and "text".`);
    }
    yield line;
  }
}

interface PassageLine extends QueryLine {
  title?: string;
  doc?: string;
  page?: number;
}

interface QueryLine {
  _id: string;
  text: string;
}

function readText(path: string): string {
  const bytes = readFileSync(path);
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}
