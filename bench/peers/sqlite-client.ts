/** One client of the SQLite file in a thread of its own: its calls do not yield. */
import { parentPort, workerData } from 'node:worker_threads';
import type { PlacedQuestion } from './peer.ts';
import { openSqlite, prepareSearch } from './sqlite-search.ts';

export interface ClientTask {
  path: string;
  kind: 'nearest' | 'hybrid';
  questions: readonly PlacedQuestion[];
  k: number;
  ms: number;
}

const { path, kind, questions, k, ms } = workerData as ClientTask;
const db = await openSqlite(path);
const search = prepareSearch(db);
// Once over all, so that neither client begins with an empty cache.
for (const question of questions) search[kind](question, k);
const started = performance.now();
let calls = 0;
while (performance.now() - started < ms) {
  search[kind](questions[calls % questions.length]!, k);
  calls += 1;
}
const perSecond = (calls * 1000) / (performance.now() - started);
db.close();
parentPort?.postMessage(perSecond);
