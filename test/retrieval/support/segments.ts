import type { Database } from '../../../src/db/database.ts';
import { readBackground } from '../../../src/indexing/background.ts';
import type { RetrievalDeps } from '../../../src/retrieval/deps.ts';
import { keywordLeg } from '../../../src/retrieval/legs.ts';
import { SizedLru } from '../../../src/retrieval/lru.ts';
import type { Hit } from '../../../src/retrieval/result.ts';
import type { SegmentCache } from '../../../src/retrieval/segment-cache.ts';
import { readSearchable, type SearchScope } from '../../../src/retrieval/store.ts';
import type { ConversationScope } from '../../../src/conversations/scope.ts';
import { vectorsOf, writeDocument } from '../write-document.ts';

const background = readBackground();
const { signal } = new AbortController();

export function depsOf(db: Database, segments: SegmentCache): RetrievalDeps {
  return {
    db,
    embedding: null,
    segments,
    background,
    cache: new SizedLru(0),
    searchables: new SizedLru(0),
    queryEmbeddings: new SizedLru(0),
  };
}

export async function byKeyword(
  db: Database,
  segments: SegmentCache,
  scope: SearchScope,
  query: string,
): Promise<Hit[]> {
  const { documents } = await readSearchable(db, scope, { measured: true });
  const [hits] = await keywordLeg(scope, documents, [query], [], depsOf(db, segments), signal);
  return hits ?? [];
}

/** Documents of words that differ from each other: a keyword segment of about 40 kB each. */
export async function writeWords(
  db: Database,
  scope: ConversationScope,
  seed: number,
  count = 1,
): Promise<string[]> {
  const ids: string[] = [];
  for (let at = 0; at < count; at++) {
    const word = (place: number) => `w${((seed * 977 + at * 131 + place) * 7919) % 50_000}`;
    const chunk = (from: number) => Array.from({ length: 200 }, (_, place) => word(from + place)).join(' ');
    const texts = Array.from({ length: 12 }, (_, one) => `common kestrel ${chunk(one * 200)}`);
    ids.push(await writeDocument(db, scope, texts, vectorsOf(seed + at, texts.length, 64)));
  }
  return ids;
}

/** Watches what a cache counts while `work` runs. */
export async function mostBytes(segments: SegmentCache, work: () => Promise<unknown>): Promise<number> {
  let most = 0;
  let isDone = false;
  const watch = (): void => {
    most = Math.max(most, segments.bytes);
    if (!isDone) setImmediate(watch);
  };
  watch();
  await work();
  isDone = true;
  return Math.max(most, segments.bytes);
}
