import { describe, expect, test } from 'vitest';
import type { ConversationScope } from '../../src/conversations/scope.ts';
import type { Database } from '../../src/db/database.ts';
import type { RetrievalDeps } from '../../src/retrieval/deps.ts';
import { vectorLeg } from '../../src/retrieval/legs.ts';
import { SizedLru } from '../../src/retrieval/lru.ts';
import type { Hit } from '../../src/retrieval/result.ts';
import { retrieve } from '../../src/retrieval/retrieve.ts';
import { createSegmentCache } from '../../src/retrieval/segment-cache.ts';
import { readSearchable, type Searchable } from '../../src/retrieval/store.ts';
import { sharedApp } from '../support/app.ts';
import { byKeyword, depsOf, mostBytes, writeWords } from './support/segments.ts';
import { model, newConversation, newScope, vectorsOf } from './write-document.ts';

/** Has no worker that could take what a test is about to write. */
const app = sharedApp({ env: { ROLE: 'web' } });
const { signal } = new AbortController();

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

  test.each(['keyword', 'rrf_fusion'] as const)(
    'a first question by %s takes a round trip for the list, one for the segments and one for the text',
    async (strategy) => {
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
      const deps: RetrievalDeps = {
        ...depsOf(counting, createSegmentCache(counting, 2 ** 24)),
        embedding: { id: model, provider: 'test', dimensions: 64, embed: async () => vectorsOf(4, 1, 64) },
        searchables: new SizedLru<Searchable>(10_000),
      };
      const look = () => retrieve(scope, { queries: ['kestrel'], strategy, topK: 5 }, deps, signal);
      const { results, legs } = await look();
      expect(results).toHaveLength(5);
      expect(legs).toEqual(strategy === 'keyword' ? ['keyword'] : ['keyword', 'vector']);
      expect(trips).toBe(3);
      expect((await look()).results).toEqual(results);
      expect(trips).toBe(4);
    },
  );

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
