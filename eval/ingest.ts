import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, Retrieved } from '@alcove/client';
import type { Place, SourceFile } from './collection.ts';
import { EvalError } from './eval-error.ts';
import { inParallel } from './in-parallel.ts';
import { say, startTicker } from './say.ts';

/** The conversations of a collection after their documents were read. */
export interface Indexed {
  /** Conversation id of each place. */
  conversations: ReadonlyMap<string, string>;
  /** Files that could not be read: what they hold counts as not found. */
  missed: number;
  /** Ids of what the hits lie on, best first, each with the score of its best chunk. */
  rank(
    hits: readonly Pick<Retrieved['results'][number], 'document_id' | 'page' | 'score'>[],
  ): [string, number][];
}

/** The server reads a user's documents two at a time; the others may as well be on their way. */
const uploadsAtOnce = 4;
const vectorsPollMs = 100;

/** Makes a conversation for each place and uploads its files, until each is ready. A file that cannot be read is told and missed. */
export async function ingest(client: Client, places: readonly Place[]): Promise<Indexed> {
  const started = performance.now();
  const conversations = new Map<string, string>();
  const files = new Map<string, SourceFile>();
  const uploads = places.flatMap(({ key, files }) => files.map((file) => ({ key, file })));
  const progress = new Map<SourceFile, number>();
  let missed = 0;
  const tell = (): void => {
    const done = [...progress.values()].reduce((sum, one) => sum + one, 0) / Math.max(1, uploads.length);
    say(`  reading ${uploads.length} documents: ${Math.floor(done * 100)} %`);
  };
  for (const { key } of places)
    conversations.set(key, (await client.conversations.create({ title: 'Evaluation' })).id);
  const hasVectors = (await client.capabilities()).embedding_model !== null;
  const ticker = startTicker(tell);
  try {
    await inParallel(uploads, uploadsAtOnce, async ({ key, file }) => {
      const { document } = await client.documents.upload(conversations.get(key) ?? '', {
        name: file.name,
        blob: await file.open(),
      });
      files.set(document.id, file);
      const read = await client.documents.wait(document.id, {
        onProgress: (now) => progress.set(file, now.progress),
      });
      progress.set(file, 1);
      if (read.status === 'ready') {
        if (hasVectors) await vectorsOf(client, document.id);
        return;
      }
      missed += 1;
      say(`  ${file.name} could not be read: ${read.error?.error ?? read.status}`);
    });
  } finally {
    ticker.stop();
  }
  const seconds = Math.round((performance.now() - started) / 1000);
  say(`  read ${uploads.length - missed} documents in ${places.length} conversations in ${seconds} s`);
  if (missed === uploads.length && missed > 0)
    throw new EvalError('None of the documents could be read, so there is nothing to measure.');
  return { conversations, missed, rank: (hits) => rank(hits, files) };
}

/** Semantic search finds a document some time after it is ready. */
async function vectorsOf(client: Client, documentId: string): Promise<void> {
  while (!(await client.documents.get(documentId)).vectors_ready) await sleep(vectorsPollMs);
}

function rank(
  hits: Parameters<Indexed['rank']>[0],
  files: ReadonlyMap<string, SourceFile>,
): [string, number][] {
  const best = new Map<string, number>();
  for (const hit of hits) {
    const id = hit.page === null ? undefined : files.get(hit.document_id)?.idOfPage(hit.page);
    if (id !== undefined && !best.has(id)) best.set(id, hit.score);
  }
  return [...best];
}
