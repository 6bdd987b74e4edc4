import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { measure } from '../../eval/measure.ts';
import type { Evaluation } from '../../eval/metrics.ts';
import { foldersOf, readCollection } from '../../eval/read-collections.ts';
import { replay } from '../../eval/replay.ts';
import { type EvalServer, startServer } from '../../eval/server.ts';
import { type Provider, startProvider } from '../support/provider.ts';
import { makeFolder, optionsOf, readIds } from './folders.ts';

let provider: Provider;
let server: EvalServer;
beforeAll(async () => {
  provider = await startProvider({ synonyms: [['loaf', 'sourdough']] });
  server = await startServer({
    database: undefined,
    embeddings: { baseUrl: provider.baseUrl, model: 'stand-in' },
    llm: undefined,
  });
});
afterAll(async () => {
  await server.close();
  await provider.close();
});

/** What the command does with a folder, on the server of these tests; the run lies in `run.jsonl` of each folder. */
async function evaluate(...args: string[]): Promise<(Evaluation | null)[]> {
  const found: (Evaluation | null)[] = [];
  const options = optionsOf(...args, '--embeddings', provider.baseUrl, '--model', 'stand-in');
  for (const folder of foldersOf(options.folder)) {
    const mine = { ...options, out: join(folder, 'run.jsonl') };
    const work = options.replay ? replay : measure;
    found.push(await work(server.client, readCollection(folder, mine), mine, false));
  }
  return found;
}

const keyword = ['--strategy', 'keyword'];
const corpus = [
  { _id: 'sky-1', title: 'Telescopes', text: 'A refractor gathers light with a lens.\n\nIts tube is long.' },
  {
    _id: 'zebra',
    title: '',
    text: `Herds graze on the plain.\fThey flee from lions. ${'Grass grows after rain. '.repeat(150)}`,
  },
  { _id: 'bread', title: '', text: 'Sourdough needs flour, water and time.' },
];
const queries = [
  { _id: 'c1<::>1', text: '|user|: How does a refractor gather light?' },
  { _id: 'c2<::>1', text: '|user|: Where do herds flee from lions?' },
];
const qrels = 'query-id\tcorpus-id\tscore\nc1<::>1\tsky-1\t1\nc2<::>1\tzebra\t1\n';

test('a passage is found by its own text, on its own page, and once', async () => {
  const folder = makeFolder({ 'corpus.jsonl': corpus, 'queries.jsonl': queries, 'qrels.tsv': qrels });
  const [scores] = await evaluate(folder, ...keyword);
  expect(scores?.mean).toMatchObject({ 'R@1': 1, 'nDCG@10': 1, 'MRR@10': 1 });
  const found = readIds(join(folder, 'run.jsonl'));
  expect(found['c1<::>1']).toEqual(['sky-1']);
  expect(found['c2<::>1']).toContain('zebra');
  expect(new Set(found['c2<::>1']).size).toBe(found['c2<::>1']?.length);
});

test('neither ids nor file names can be found', async () => {
  const asked = ['sky-1', 'zebra', 'txt', 'document'].map((text) => ({ _id: text, text }));
  const folder = makeFolder({ 'corpus.jsonl': corpus, 'queries.jsonl': asked });
  expect(await evaluate(folder, ...keyword, '--out', 'run.jsonl')).toEqual([null]);
  expect(readIds(join(folder, 'run.jsonl'))).toEqual({ 'sky-1': [], zebra: [], txt: [], document: [] });
});

test('with scopes a conversation finds its own passages only', async () => {
  const scopes = [
    { conversation_id: 'c1', passage_ids: ['bread', 'sky-1'] },
    { conversation_id: 'c2', passage_ids: ['bread'] },
  ];
  const folder = makeFolder({
    'corpus.jsonl': corpus,
    'queries.jsonl': queries,
    'qrels.tsv': qrels,
    'scopes.jsonl': scopes,
  });
  await evaluate(folder, ...keyword, '--scopes');
  expect(readIds(join(folder, 'run.jsonl'))).toEqual({ 'c1<::>1': ['sky-1'], 'c2<::>1': [] });
  const [pooled] = await evaluate(folder, ...keyword, '--pool', 'all');
  expect(pooled?.mean).toMatchObject({ 'R@1': 1 });
});

test('a folder of sets is measured set by set', async () => {
  const set = (name: string) => ({
    [`${name}/corpus.jsonl`]: corpus,
    [`${name}/queries.jsonl`]: queries,
    [`${name}/qrels.tsv`]: qrels,
  });
  const folder = makeFolder({ ...set('one'), ...set('two'), 'LICENSE.txt': 'words' });
  const scores = await evaluate(folder, ...keyword);
  expect(scores.map((one) => one?.mean['R@1'])).toEqual([1, 1]);
});

test('of filings the pages are found, counted from 0', async () => {
  const name = 'aurora-annual-report-2025';
  const pdf = readFileSync(fileURLToPath(new URL(`../../examples/${name}.pdf`, import.meta.url)));
  const folder = makeFolder({
    [`pdfs/${name}.pdf`]: pdf,
    'documents.jsonl': [{ doc_name: name }],
    'queries.jsonl': [{ _id: 'q', text: 'How many vessels did Aurora operate?', doc: name }],
    'page_qrels.tsv': `q\t${name}#0\t1\n`,
  });
  const [scores] = await evaluate(folder, ...keyword);
  expect(scores?.mean['Hit@10']).toBe(1);
  for (const page of readIds(join(folder, 'run.jsonl'))['q'] ?? [])
    expect(page).toMatch(/^aurora-annual-report-2025#\d+$/);
});

test('the vector leg finds what shares no word with the question', async () => {
  const folder = makeFolder({
    'corpus.jsonl': corpus,
    'queries.jsonl': [{ _id: 'q', text: 'loaf' }],
    'qrels.tsv': 'q\tbread\t1\n',
  });
  const results = [];
  for (const strategy of ['vector', 'rrf_fusion', 'keyword'])
    results.push((await evaluate(folder, '--strategy', strategy))[0]?.mean['R@1']);
  expect(results).toEqual([1, 1, 0]);
});

const animals = [
  { _id: 'whale', title: '', text: 'The blue whale is the largest animal. A blue whale weighs 150 tonnes.' },
  { _id: 'scale', title: '', text: 'A kitchen scale tells how much flour weighs.' },
  { _id: 'piano', title: '', text: 'A grand piano has 88 keys.' },
];
const history = [
  { speaker: 'user', text: 'Which animal is a blue whale?' },
  { speaker: 'agent', text: 'The blue whale is the largest animal.' },
];
const followUp = 'How much does it weigh?';

test('a replayed question is asked below its real history', async () => {
  const turns = [
    { task_id: 'c<::>1', turn: 1, question: history[0]?.text, rewrite: history[0]?.text },
    { task_id: 'c<::>2', turn: 2, question: followUp, rewrite: 'How much does a blue whale weigh?' },
  ];
  const folder = makeFolder({
    'corpus.jsonl': animals,
    'conversations.jsonl': [{ conversation_id: 'c', longest_known_history: history, turns }],
    'scopes.jsonl': [{ conversation_id: 'c', passage_ids: animals.map(({ _id }) => _id) }],
    'queries_lastturn.jsonl': turns.map(({ task_id, question }) => ({ _id: task_id, text: question })),
    'qrels.tsv': 'c<::>1\twhale\t1\nc<::>2\twhale\t1\n',
  });
  const [scores] = await evaluate(folder, '--replay', '--scopes', ...keyword);
  expect(scores?.mean['R@1']).toBe(1);
});

test('tasks that bring their history are replayed in one conversation', async () => {
  const task = { task_id: 'd<::>2', turn: '2', input: [...history, { speaker: 'user', text: followUp }] };
  const folder = makeFolder({
    'corpus.jsonl': animals,
    'tasks.jsonl': [task],
    'queries.jsonl': [{ _id: task.task_id, text: followUp }],
    'qrels.tsv': 'd<::>2\twhale\t1\n',
  });
  const [scores] = await evaluate(folder, '--replay', ...keyword);
  expect(scores?.mean['R@1']).toBe(1);
});
