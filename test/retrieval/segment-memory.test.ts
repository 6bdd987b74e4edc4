import { describe, expect, test, vi } from 'vitest';
import { ConversationScope } from '../../src/conversations/scope.ts';
import type { Database } from '../../src/db/database.ts';
import { UserScope } from '../../src/identity/user-scope.ts';
import { readBackground } from '../../src/indexing/background.ts';
import type { RetrievalDeps } from '../../src/retrieval/deps.ts';
import { keywordLeg, vectorLeg } from '../../src/retrieval/legs.ts';
import { SizedLru } from '../../src/retrieval/lru.ts';
import type { Hit } from '../../src/retrieval/result.ts';
import { retrieve } from '../../src/retrieval/retrieve.ts';
import { createSegmentCache, type SegmentCache } from '../../src/retrieval/segment-cache.ts';
import { readSearchable, type Searchable, type SearchScope } from '../../src/retrieval/store.ts';
import { addText, newConversation as newConversationOf } from '../answers/support/asking.ts';
import { newPerson, type Person, sharedApp } from '../support/app.ts';
import { model, newConversation, newScope, vectorsOf, writeDocument } from './write-document.ts';

/** Reads and indexes files. */
const working = sharedApp();
/** Has no worker that could take what a test is about to write. */
const app = sharedApp({ env: { ROLE: 'web' } });
const background = readBackground();
const { signal } = new AbortController();

function depsOf(db: Database, segments: SegmentCache): RetrievalDeps {
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

async function byKeyword(
  db: Database,
  segments: SegmentCache,
  scope: SearchScope,
  query: string,
): Promise<Hit[]> {
  const { documents } = await readSearchable(db, scope, { measured: true });
  const [hits] = await keywordLeg(scope, documents, [query], [], depsOf(db, segments), signal);
  return hits ?? [];
}

function scopeOf(person: Person, conversationId: string): ConversationScope {
  return ConversationScope.ofOwnRow(UserScope.grant(person.id), { userId: person.id, conversationId });
}

/** Documents of words that differ from each other: a keyword segment of about 40 kB each. */
async function writeWords(
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
async function mostBytes(segments: SegmentCache, work: () => Promise<unknown>): Promise<number> {
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

describe('memory for index segments', () => {
  test('eight cold conversations at once stay within the budget, and each finds what it has', async () => {
    const { db } = (await app()).app;
    const { baseUrl } = await app();
    const scopes: ConversationScope[] = [];
    for (let at = 0; at < 8; at++) {
      const scope = await newScope(db, baseUrl);
      await writeWords(db, scope, at * 10, 2);
      scopes.push(scope);
    }
    const roomy = createSegmentCache(db, 2 ** 28);
    const expected = await Promise.all(scopes.map((scope) => byKeyword(db, roomy, scope, 'kestrel w131')));
    const needed = roomy.bytes;
    const budget = Math.round(needed / 3);
    const tight = createSegmentCache(db, budget);
    let found: Hit[][] = [];
    const most = await mostBytes(tight, async () => {
      found = await Promise.all(scopes.map((scope) => byKeyword(db, tight, scope, 'kestrel w131')));
      const [query = new Float32Array(64)] = vectorsOf(3, 1, 64);
      await Promise.all(
        scopes.map(async (scope) => {
          const { documents } = await readSearchable(db, scope);
          const [hits] = await vectorLeg(scope, documents, [query], model, 10, depsOf(db, tight));
          expect(hits).toHaveLength(24);
        }),
      );
    });
    expect(found).toEqual(expected);
    expect(needed).toBeGreaterThan(400_000);
    expect(most).toBeLessThanOrEqual(budget);
    expect(most).toBeGreaterThan(budget / 4);
  });

  test('all of a user’s conversations are searched in groups that fit, with the same result', async () => {
    const { db } = (await app()).app;
    const first = await newScope(db, (await app()).baseUrl);
    await writeWords(db, first, 1, 5);
    await writeWords(db, await newConversation(db, first.user), 2, 5);
    const roomy = createSegmentCache(db, 2 ** 28);
    const expected = await byKeyword(db, roomy, first.user, 'common w7919 w1000');
    const tight = createSegmentCache(db, roomy.bytes / 2);
    let found: Hit[] = [];
    const most = await mostBytes(tight, async () => {
      found = await byKeyword(db, tight, first.user, 'common w7919 w1000');
    });
    expect(found).toEqual(expected);
    expect(found).toHaveLength(100);
    expect(most).toBeLessThanOrEqual(roomy.bytes / 2);
  });

  test('vectors that are too many to be kept are scanned in groups, with the same result', async () => {
    const { db } = (await app()).app;
    const scope = await newScope(db, (await app()).baseUrl);
    await writeWords(db, scope, 12, 8);
    const { documents } = await readSearchable(db, scope);
    const [query = new Float32Array(64)] = vectorsOf(4, 1, 64);
    const byVector = async (segments: SegmentCache): Promise<Hit[]> => {
      const [hits] = await vectorLeg(scope, documents, [query], model, 10, depsOf(db, segments));
      return hits ?? [];
    };
    const roomy = createSegmentCache(db, 2 ** 24);
    const expected = await byVector(roomy);
    expect(expected).toHaveLength(96);
    // A quarter of the budget is all that is kept for one question, and a sixteenth holds one document.
    const budget = 4 * roomy.bytes;
    const tight = createSegmentCache(db, budget - 1_000);
    let found: Hit[][] = [];
    const most = await mostBytes(tight, async () => {
      found = await Promise.all([byVector(tight), byVector(tight), byVector(tight)]);
    });
    for (const hits of found) {
      expect(hits.slice(0, 20)).toEqual(
        expected.slice(0, 20).map((hit) => ({ ...hit, score: expect.closeTo(hit.score, 5) })),
      );
      expect(hits.map(({ documentId, ordinal }) => `${documentId}/${ordinal}`).toSorted()).toEqual(
        expected.map(({ documentId, ordinal }) => `${documentId}/${ordinal}`).toSorted(),
      );
    }
    // Half of the budget is for vectors, whoever asks.
    expect(most).toBeLessThanOrEqual(budget / 2);
    // Nothing of it is kept.
    expect(tight.bytes).toBe(0);
  });

  test('vectors that pass through and cannot be read are left out, and reported', async () => {
    const { db } = (await app()).app;
    const scope = await newScope(db, (await app()).baseUrl);
    const [broken = ''] = await writeWords(db, scope, 13, 3);
    await db.pool.query(
      `UPDATE segments SET bytes = substring(bytes FROM 1 FOR 500) WHERE document_id = $1 AND kind LIKE 'vector:%'`,
      [broken],
    );
    const reported: string[] = [];
    const tight = createSegmentCache(db, 0, { onUnreadable: (_, { id }) => reported.push(id) });
    const { documents } = await readSearchable(db, scope);
    const [query = new Float32Array(64)] = vectorsOf(4, 1, 64);
    const [hits = []] = await vectorLeg(scope, documents, [query], model, 10, depsOf(db, tight));
    expect(hits).toHaveLength(24);
    expect(hits.map((hit) => hit.documentId)).not.toContain(broken);
    expect(reported).toEqual([broken]);
    expect(tight.bytes).toBe(0);
  });

  test('one document that is larger than the budget is searched all the same', async () => {
    const { db } = (await app()).app;
    const scope = await newScope(db, (await app()).baseUrl);
    await writeWords(db, scope, 5, 2);
    const tight = createSegmentCache(db, 1_000);
    expect(await byKeyword(db, tight, scope, 'kestrel')).toHaveLength(24);
    expect(tight.bytes).toBeLessThanOrEqual(1_000);
  });

  test('questions at once load a segment once', async () => {
    const { db } = (await app()).app;
    const scope = await newScope(db, (await app()).baseUrl);
    await writeWords(db, scope, 6);
    let transactions = 0;
    const counting: Database = {
      ...db,
      copy: (...given) => {
        transactions += 1;
        return db.copy(...given);
      },
    };
    const segments = createSegmentCache(counting, 2 ** 24);
    await Promise.all(Array.from({ length: 10 }, () => byKeyword(counting, segments, scope, 'kestrel')));
    expect(transactions).toBe(1);
    await byKeyword(counting, segments, scope, 'common');
    expect(transactions).toBe(1);
  });

  test('a first question takes a round trip for the list, one for the segments and one for the text', async () => {
    const { db } = (await app()).app;
    const scope = await newScope(db, (await app()).baseUrl);
    await writeWords(db, scope, 11, 3);
    let trips = 0;
    const counting: Database = {
      ...db,
      read: (...given) => {
        trips += 1;
        return db.read(...given);
      },
      copy: (...given) => {
        trips += 1;
        return db.copy(...given);
      },
    };
    const deps = {
      ...depsOf(counting, createSegmentCache(counting, 2 ** 24)),
      searchables: new SizedLru<Searchable>(10_000),
    };
    const look = () => retrieve(scope, { queries: ['kestrel'], strategy: 'keyword', topK: 5 }, deps, signal);
    expect((await look()).results).toHaveLength(5);
    expect(trips).toBe(3);
    expect((await look()).results).toHaveLength(5);
    expect(trips).toBe(4);
  });

  test('a load that fails gives its room back, and the next one works', async () => {
    const { db } = (await app()).app;
    const scope = await newScope(db, (await app()).baseUrl);
    await writeWords(db, scope, 7, 2);
    let calls = 0;
    const failing: Database = {
      ...db,
      copy: async (...given) => {
        calls += 1;
        if (calls < 4) throw new Error('the connection was lost');
        return db.copy(...given);
      },
    };
    const segments = createSegmentCache(failing, 200_000);
    for (let at = 0; at < 3; at++)
      await expect(byKeyword(failing, segments, scope, 'kestrel')).rejects.toThrow('lost');
    expect(segments.bytes).toBe(0);
    expect(await byKeyword(failing, segments, scope, 'kestrel')).toHaveLength(24);
  });
});

describe('memory for what was found', () => {
  test('is counted in bytes: many long passages push out the oldest', async () => {
    const { db } = (await app()).app;
    const scope = await newScope(db, (await app()).baseUrl);
    await writeWords(db, scope, 9, 2);
    const deps: RetrievalDeps = {
      ...depsOf(db, createSegmentCache(db, 2 ** 24)),
      cache: new SizedLru(100_000),
      searchables: new SizedLru(1_000),
    };
    const look = (query: string) =>
      retrieve(scope, { queries: [query], strategy: 'keyword', topK: 5 }, deps, signal);
    for (let at = 0; at < 30; at++) expect((await look(`kestrel ${at}`)).cacheHit).toBe(false);
    // Five passages of 1,200 characters each.
    expect(deps.cache.bytes).toBeGreaterThan(50_000);
    expect(deps.cache.bytes).toBeLessThanOrEqual(100_000);
    expect(deps.searchables.bytes).toBeGreaterThan(600);
    const again = await look('kestrel 29');
    expect([again.cacheHit, again.searched.documents.length]).toEqual([true, 2]);
    expect((await look('kestrel 0')).cacheHit).toBe(false);
  });
});

describe('a keyword segment that cannot be read', () => {
  test.each([
    ['cut short', `SET bytes = substr(bytes, 1, 30)`],
    ['damaged', `SET bytes = overlay(bytes placing '\\xffff'::bytea from 60)`],
    ['of another version', `SET bytes = overlay(bytes placing '\\x63'::bytea from 5)`],
    ['empty', `SET bytes = ''`],
  ])('is built anew from the chunks when it is %s', async (_, change) => {
    const { baseUrl, app: running } = await working();
    const person = await newPerson(baseUrl);
    const id = await newConversationOf(person);
    const broken = await addText(person, id, 'The lighthouse was built of granite.', 'one.txt');
    await addText(person, id, 'The lighthouse was painted white.', 'two.txt');
    const where = `WHERE document_id = '${broken.id}' AND kind = 'keyword'`;
    const lengthOf = async (): Promise<number | undefined> => {
      const sql = `SELECT octet_length(bytes) AS length FROM segments ${where}`;
      return (await running.db.pool.query<{ length: number }>(sql)).rows[0]?.length;
    };
    const whole = await lengthOf();
    await running.db.pool.query(`UPDATE segments ${change} ${where}`);
    const { results } = await person.client.retrieve(id, {
      query: 'granite lighthouse',
      strategy: 'keyword',
    });
    expect(results.map(({ document_name: name }) => name)).toEqual(['one.txt', 'two.txt']);
    const readAgain = async (): Promise<string[]> => {
      const cold = createSegmentCache(running.db, 2 ** 24, {
        onUnreadable: () => expect.unreachable('the stored segment is still unreadable'),
      });
      return (await byKeyword(running.db, cold, scopeOf(person, id), 'granite')).map((hit) => hit.documentId);
    };
    // In the background it is stored as it was.
    await vi.waitFor(async () => expect(await readAgain()).toEqual([broken.id]), 30_000);
    expect(await lengthOf()).toBe(whole);
  });

  test('is built anew when it is not there, and reported', async () => {
    const { db } = (await app()).app;
    const scope = await newScope(db, (await app()).baseUrl);
    const [gone] = await writeWords(db, scope, 8, 2);
    const intact = await byKeyword(db, createSegmentCache(db, 2 ** 24), scope, 'kestrel w131');
    await db.pool.query(`DELETE FROM segments WHERE document_id = $1 AND kind = 'keyword'`, [gone]);
    const reported: string[] = [];
    const segments = createSegmentCache(db, 2 ** 24, {
      onUnreadable: (where, { id }, kind) => void reported.push(`${where.userId} ${id} ${kind}`),
    });
    const found = await byKeyword(db, segments, scope, 'kestrel w131');
    expect(found.map(({ documentId, ordinal }) => `${documentId}/${ordinal}`)).toEqual(
      intact.map(({ documentId, ordinal }) => `${documentId}/${ordinal}`),
    );
    await byKeyword(db, segments, scope, 'common');
    expect(reported).toEqual([`${scope.userId} ${gone} keyword`]);
  });
});
