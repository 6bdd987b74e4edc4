import { describe, expect, test, vi } from 'vitest';
import { ConversationScope } from '../../src/conversations/scope.ts';
import { newId } from '../../src/db/ids.ts';
import { vectorKind } from '../../src/documents/segment-kinds.ts';
import { rebuildSegment } from '../../src/documents/segment-store.ts';
import { UserScope } from '../../src/identity/user-scope.ts';
import { vectorLeg } from '../../src/retrieval/legs.ts';
import { createSegmentCache } from '../../src/retrieval/segment-cache.ts';
import { readSearchable } from '../../src/retrieval/store.ts';
import { addText, newConversation as newConversationOf } from '../answers/support/asking.ts';
import { newPerson, type Person, sharedApp } from '../support/app.ts';
import { byKeyword, depsOf, writeWords } from './support/segments.ts';
import { model, newScope, vectorsOf, writeDocument } from './write-document.ts';

/** Reads and indexes files. */
const working = sharedApp();
/** Has no worker that could take what a test is about to write. */
const app = sharedApp({ env: { ROLE: 'web' } });

function scopeOf(person: Person, conversationId: string): ConversationScope {
  return ConversationScope.ofOwnRow(UserScope.grant(person.id), { userId: person.id, conversationId });
}

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

describe('vectors that are not there', () => {
  test('are reported, but not those of a document without passages', async () => {
    const { baseUrl, app: running } = await app();
    const { db } = running;
    const scope = await newScope(db, baseUrl);
    const [gone] = await writeWords(db, scope, 9, 2);
    const empty = await writeDocument(db, scope, [], []);
    await db.pool.query(`DELETE FROM segments WHERE document_id = ANY($1::uuid[]) AND kind LIKE 'vector:%'`, [
      [gone, empty],
    ]);
    const reported: [string, string, boolean][] = [];
    const segments = createSegmentCache(db, 2 ** 24, {
      onUnreadable: (_, { id }, kind, isStored) => reported.push([id, kind, isStored]),
    });
    const { documents } = await readSearchable(db, scope);
    const [query = new Float32Array(64)] = vectorsOf(4, 1, 64);
    const [hits = []] = await vectorLeg(scope, documents, [query], model, 10, depsOf(db, segments));
    expect(new Set(hits.map(({ documentId }) => documentId)).size).toBe(1);
    expect(reported).toEqual([[gone, vectorKind(model), false]]);
  });

  test('are made anew once, at the pace of their failures, and not for a document that has gone', async () => {
    const { baseUrl, app: running } = await app();
    const { db } = running;
    const scope = await newScope(db, baseUrl);
    const documentId = await writeDocument(db, scope, ['A heron stands.'], vectorsOf(1, 1, 4));
    const name = { conversationId: scope.conversationId, documentId };
    const kind = vectorKind(model);
    await db.pool.query(`DELETE FROM segments WHERE document_id = $1 AND kind = $2`, [documentId, kind]);
    await rebuildSegment(db, scope, name, kind, false);
    const due = async (): Promise<unknown[]> =>
      (await db.pool.query('SELECT target, attempts FROM work WHERE item_id = $1', [documentId])).rows;
    expect(await due()).toEqual([{ target: kind, attempts: 0 }]);
    await db.pool.query(
      `UPDATE work SET attempts = 2, due_at = now() + interval '1 hour' WHERE item_id = $1`,
      [documentId],
    );
    await rebuildSegment(db, scope, name, kind, false);
    expect(await due()).toEqual([{ target: kind, attempts: 2 }]);
    const gone = { ...name, documentId: newId() };
    for (const isStored of [true, false]) await rebuildSegment(db, scope, gone, kind, isStored);
  });
});
