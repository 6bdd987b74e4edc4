import type { Conversation, ConversationHistory } from '@alcove/contract';
import { describe, expect, test } from 'vitest';
import { addText, newConversation } from '../answers/support/asking.ts';
import { until } from '../answers/support/until.ts';
import { filesOf } from '../documents/support/uploading.ts';
import { newPerson, type Person, sharedApp, startTestApp, type TestApp } from '../support/app.ts';

// What goes by itself when its time is over.

const app = sharedApp();
const canary = 'KESTREL-7402';
const dayMs = 24 * 3_600_000;

async function somebody(server?: TestApp): Promise<Person> {
  return newPerson((server ?? (await app())).baseUrl);
}

async function rowsOf(person: Person, table: string): Promise<number> {
  const { pool } = (await app()).app.db;
  const { rows } = await pool.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM ${table} WHERE user_id = $1`,
    [person.id],
  );
  return rows[0]?.n ?? 0;
}

async function endWindow(server: TestApp, conversation: string): Promise<void> {
  const sql = `UPDATE conversations SET purge_at = now() - interval '1 second' WHERE id = $1`;
  await server.app.db.pool.query(sql, [conversation]);
}

describe('a temporary conversation', () => {
  test('is erased with its files when nothing was said in it for its time', async () => {
    const server = await app();
    const person = await somebody();
    const { body } = await person.json<Conversation>('POST', '/conversations', { temporary: true });
    expect(Date.parse(body.expires_at ?? '') - Date.parse(body.created_at)).toBe(dayMs);
    await addText(person, body.id, canary);
    await endWindow(server, body.id);
    await until('it is erased', async () => (await rowsOf(person, 'conversations')) === 0, 30_000);
    await until('its file is gone', async () => (await filesOf(server, person)).length === 0, 30_000);
    expect(await person.client.conversations.overview()).toMatchObject({
      total_conversations: 0,
      total_documents: 0,
      total_bytes: 0,
    });
  });

  test('stays its time from the end of its last answer', async () => {
    const person = await somebody();
    const { body } = await person.json<Conversation>('POST', '/conversations', { expires_in_s: 60 });
    await addText(person, body.id, 'Herons stand still.');
    await person.json('POST', `/rag/conversation/${body.id}/query`, { query: 'What do herons do?' });
    const read = async () =>
      (await person.json<ConversationHistory>('GET', `/conversations/${body.id}`)).body;
    const asked = (await read()).messages.at(-1)?.created_at ?? '';
    await until('the end of the answer counts', async () => {
      const { expires_at: expires } = await read();
      return Date.parse(expires ?? '') > Date.parse(asked) + 60_000;
    });
  });

  test('stays longer with each message, is kept when its owner says so, and cannot be restored', async () => {
    const person = await somebody();
    const { body } = await person.json<Conversation>('POST', '/conversations', { expires_in_s: 3600 });
    await new Promise((resolve) => setTimeout(resolve, 5));
    await person.client.messages.add(body.id, { role: 'user', content: 'Still here.' });
    const { body: later } = await person.json<ConversationHistory>('GET', `/conversations/${body.id}`);
    expect(Date.parse(later.expires_at ?? '')).toBeGreaterThan(Date.parse(body.expires_at ?? ''));
    const kept = await person.client.conversations.update(body.id, { expires_in_s: null });
    expect(kept.expires_at).toBeNull();
    await person.client.conversations.update(body.id, { expires_in_s: 60 });
    expect((await person.client.conversations.delete(body.id)).restorable_until).toBeNull();
    expect((await person.json('POST', `/conversations/${body.id}/restore`)).status).toBe(404);
  });
});

test(
  'conversations without activity are deleted as the account or the server says and else never, and can be undone',
  { timeout: 60_000 },
  async () => {
    const first = await startTestApp();
    // Swept in this order: when the second one's is gone, the first one's has been looked at.
    const people = [await somebody(first), await somebody(first), await somebody(first)] as const;
    const [unlimited, own, held] = people;
    const ids = await Promise.all(people.map((person) => newConversation(person)));
    const fresh = await newConversation(own);
    const me = await own.json<{ retention_days: number }>('PATCH', '/auth/me', { retention_days: 7 });
    expect(me.body.retention_days).toBe(7);
    await held.json('PATCH', '/auth/me', { retention_days: 7 });
    const { pool } = first.app.db;
    await pool.query(`UPDATE users SET legal_hold = true WHERE id = $1`, [held.id]);
    await pool.query(
      `UPDATE conversations SET activity_at = now() - interval '400 days' WHERE id = ANY($1)`,
      [ids],
    );
    await first.stop();
    const second = await startTestApp({ like: first });
    const listOf = async (person: Person, query = ''): Promise<string[]> => {
      const response = await fetch(`${second.baseUrl}/conversations${query}`, {
        headers: { authorization: `Bearer ${person.token}` },
      });
      const { conversations } = (await response.json()) as { conversations: Conversation[] };
      return conversations.map(({ id }) => id);
    };
    try {
      await until('the old one is deleted', async () => (await listOf(own)).length === 1, 30_000);
      expect(await listOf(own)).toEqual([fresh]);
      expect(await listOf(own, '?status=deleted')).toEqual([ids[1]]);
      expect(await listOf(held)).toEqual([ids[2]]);
      expect(await listOf(unlimited)).toEqual([ids[0]]);
    } finally {
      await second.close();
      await first.close();
    }
  },
);

test(
  'where the server keeps conversations for 30 days an account may keep them shorter, and a hold keeps them all',
  { timeout: 180_000 },
  async () => {
    const first = await startTestApp();
    const { pool } = first.app.db;
    /** Conversations that have been idle for so many days. */
    const idle = async (person: Person, ...days: number[]): Promise<string[]> => {
      const ids: string[] = [];
      for (const one of days) {
        const id = await newConversation(person);
        ids.push(id);
        await pool.query(
          `UPDATE conversations SET activity_at = now() - $2 * interval '1 day' WHERE id = $1`,
          [id, one],
        );
      }
      return ids;
    };
    // Swept in this order: when something of the last one's is gone, the others have been looked at.
    const people = [await somebody(first), await somebody(first), await somebody(first)] as const;
    const [held, shorter, plain] = people;
    await shorter.json('PATCH', '/auth/me', { retention_days: 7 });
    await pool.query(`UPDATE users SET legal_hold = true WHERE id = $1`, [held.id]);
    const kept = {
      held: await idle(held, 400, 31),
      shorter: await idle(shorter, 6, 8, 31),
      plain: await idle(plain, 8, 29, 31),
    };
    await first.stop();
    const second = await startTestApp({ like: first, env: { RETENTION_DAYS: '30' } });
    const listOf = async (person: Person, status: string): Promise<string[]> => {
      const response = await fetch(`${second.baseUrl}/conversations?status=${status}&order=created`, {
        headers: { authorization: `Bearer ${person.token}` },
      });
      const { conversations } = (await response.json()) as { conversations: Conversation[] };
      return conversations.map(({ id }) => id).toReversed();
    };
    try {
      await until('the last is deleted', async () => (await listOf(plain, 'deleted')).length > 0, 60_000);
      expect(await listOf(plain, 'active')).toEqual(kept.plain.slice(0, 2));
      expect(await listOf(plain, 'deleted')).toEqual(kept.plain.slice(2));
      expect(await listOf(shorter, 'active')).toEqual(kept.shorter.slice(0, 1));
      expect(await listOf(shorter, 'deleted')).toEqual(kept.shorter.slice(1));
      expect(await listOf(held, 'active')).toEqual(kept.held);
      expect(await listOf(held, 'deleted')).toEqual([]);
    } finally {
      await second.close();
      await first.close();
    }
  },
);
