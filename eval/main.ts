/** `npm run eval -- FOLDER`: how good retrieval is, through the code and the store that serve users. */
import { EvalError } from './eval-error.ts';
import { fuseRuns } from './fuse-runs.ts';
import { measure } from './measure.ts';
import type { Evaluation } from './metrics.ts';
import { type EvalOptions, help, readOptions } from './options.ts';
import { foldersOf, readCollection } from './read-collections.ts';
import { replay } from './replay.ts';
import { print, printLine } from './report.ts';

try {
  const args = process.argv.slice(2);
  const [command, ...rest] = args;
  const own = {
    citations: runCitations,
    answers: runAnswers,
    history: runHistory,
    feedback: runFeedback,
    fusion: runFusion,
    reading: runReading,
    scans: runScans,
  };
  const special = Object.entries(own).find(([name]) => name === command)?.[1];
  const options = special === undefined ? readOptions(args) : undefined;
  if (special !== undefined) await special(rest);
  else if (options === undefined) throw new EvalError('Name the folder to measure with.');
  else if (options === null) print(help);
  else if (options.fuse !== undefined) fuseRuns(options);
  else await run(options);
} catch (error) {
  if (!(error instanceof EvalError)) throw error;
  process.stderr.write(`${error.message}\n\nnpm run eval -- --help tells what can be measured, and how.\n`);
  process.exitCode = 2;
}

async function run(options: EvalOptions): Promise<void> {
  const folders = foldersOf(options.folder);
  // All are read before the server starts: what is wrong with one is told at once.
  const collections = folders.map((folder) => readCollection(folder, options));
  const lines: [string, Evaluation][] = [];
  const { startServer } = await import('./server.ts');
  const server = await startServer(options);
  try {
    for (const collection of collections) {
      const work = options.replay ? replay : measure;
      const scores = await work(server.client, collection, options, folders.length > 1);
      if (scores !== null)
        lines.push([`${collection.name}${options.replay ? ', replayed' : ''}, ${options.strategy}`, scores]);
    }
  } finally {
    await server.close();
  }
  print('');
  for (const [name, scores] of lines) printLine(name, scores);
}

/** What is read of documents: of those that are made here, and of a folder of others. */
async function runReading([folder = '../shared/data/parsing']: string[]): Promise<void> {
  const { measureFolder, measureMade } = await import('./reading.ts');
  for (const [whose, recalls] of [
    ['made', await measureMade()],
    ['others', await measureFolder(folder)],
  ] as const)
    for (const { format, documents, median, least } of recalls)
      print(
        `${whose.padEnd(6)} ${format.padEnd(5)} n ${String(documents).padStart(3)} median ${median.toFixed(3)} least ${least.toFixed(3)}`,
      );
}

/** What text recognition reads of pages whose words are known. */
async function runScans([count = '24', ...folders]: string[]): Promise<void> {
  const { measureScans } = await import('./scans.ts');
  const own = ['../shared/data/financebench/pdfs', '../shared/data/parsing/pdf'];
  const recalls = await measureScans(folders.length === 0 ? own : folders, atLeastOne(count), print);
  for (const { format, documents, median, least } of recalls)
    print(`${format} n ${documents} median ${median.toFixed(3)} least ${least.toFixed(3)}`);
}

/** Keyword search with words that its own first passages suggest. */
async function runFeedback([folder = '../shared/data']: string[]): Promise<void> {
  const { measureFeedback } = await import('./feedback.ts');
  measureFeedback(folder);
}

/** Fusion for an embedding model that nobody has measured. Ends with 1 when a target is missed. */
async function runFusion([folder = '../shared/data']: string[]): Promise<void> {
  const { measureFusion } = await import('./fusion/measure.ts');
  const { lines, missed } = measureFusion(folder);
  for (const line of lines) print(line);
  printTargets(missed);
}

/** Search over history on LoCoMo; ends with 1 when a target is missed. */
async function runHistory([folder = '../shared/data/locomo']: string[]): Promise<void> {
  const { measureHistory } = await import('./history.ts');
  const { own, all, queries } = await measureHistory(folder);
  print(`${queries} questions: R@10 ${own.toFixed(3)} in the own conversation, ${all.toFixed(3)} across all`);
  if (own < 0.54 || all < 0.5) process.exitCode = 1;
}

async function runCitations([folder = '../shared/data', each = '1']: string[]): Promise<void> {
  const { measureCitations } = await import('./citations/measure.ts');
  const { lines, missed } = measureCitations(folder, atLeastOne(each));
  for (const line of lines) print(line);
  printTargets(missed);
}

/** Answers without a language model. Ends with 1 when a target is missed. */
async function runAnswers([folder = '../shared/data', each = '1', only = '']: string[]): Promise<void> {
  const { readAnswerSets } = await import('./answers/read-sets.ts');
  const sets = readAnswerSets(folder).filter(({ name }) => name.toLowerCase().includes(only.toLowerCase()));
  const { measureAnswers } = await import('./answers/measure.ts');
  const { startServer } = await import('./server.ts');
  const server = await startServer({ database: undefined, embeddings: undefined, llm: undefined });
  const missed: string[] = [];
  try {
    for (const set of sets) missed.push(...(await measureAnswers(server.client, set, atLeastOne(each))));
  } finally {
    await server.close();
  }
  print('');
  printTargets(missed);
}

function atLeastOne(each: string): number {
  return Math.max(1, Math.trunc(Number(each)) || 1);
}

/** Ends with 1 when one is missed. */
function printTargets(missed: readonly string[]): void {
  print(missed.length === 0 ? 'Every target is met.' : `Missed: ${missed.join('; ')}`);
  if (missed.length > 0) process.exitCode = 1;
}
