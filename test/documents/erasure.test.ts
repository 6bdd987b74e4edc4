import { beforeAll, describe, expect, test } from 'vitest';
import { addText, askJson, newConversation } from '../answers/support/asking.ts';
import { until } from '../answers/support/until.ts';
import { newPerson, type Person, sharedApp, type TestApp } from '../support/app.ts';
import { filesOf } from './support/uploading.ts';

const canary = 'KESTREL-7401';
const app = sharedApp();
let server: TestApp;
beforeAll(async () => {
  server = await app();
});

/** A person who has used everything that keeps something; each place holds the canary. */
async function activePerson(): Promise<{ person: Person; conversation: string }> {
  const person = await newPerson(server.baseUrl);
  const conversation = await newConversation(person);
  await addText(person, conversation, `The word is ${canary}.`, `${canary}.txt`);
  await askJson(person, conversation, `What is ${canary}?`);
  await person.client.messages.add(conversation, {
    role: 'user',
    content: `About ${canary}.`,
    message_metadata: { note: canary },
  });
  return { person, conversation };
}

/** Tables of which a row holds the text in any of its columns. */
async function tablesWith(text: string): Promise<string[]> {
  const { pool } = server.app.db;
  const { rows } = await pool.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables
     WHERE table_schema IN ('public', 'alcove_jobs') AND table_type = 'BASE TABLE' ORDER BY 1`,
  );
  const found: string[] = [];
  for (const { name } of rows) {
    const schema = name.startsWith('job') || name === 'queue' ? await schemaOf(name) : 'public';
    const { rows: hits } = await pool.query(`SELECT 1 FROM ${schema}."${name}" t WHERE t::text LIKE $1 LIMIT 1`, [
      `%${text}%`,
    ]);
    if (hits.length > 0) found.push(name);
  }
  return found;
}

async function schemaOf(table: string): Promise<string> {
  const { rows } = await server.app.db.pool.query<{ schema: string }>(
    'SELECT table_schema AS schema FROM information_schema.tables WHERE table_name = $1 LIMIT 1',
    [table],
  );
  return rows[0]?.schema ?? 'public';
}

describe('erasing', () => {
  test('a conversation leaves none of its words in any table, and no original', async () => {
    const { person, conversation } = await activePerson();
    expect((await tablesWith(canary)).length).toBeGreaterThan(4);
    const { status, body } = await person.json('DELETE', `/conversations/${conversation}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ deleted: { messages: 3, documents: 1, chunks: 1 } });
    expect(await tablesWith(canary)).toEqual([]);
    for (const path of [`/conversations/${conversation}`, `/conversations/${conversation}/documents`, `/conversations/${conversation}/stats`]) {
      expect((await person.fetch(path)).status).toBe(404);
    }
    await until('the original is gone', async () => (await filesOf(server, person)).length === 0);
  });

  test('an account leaves its id in the audit log alone, and no original', async () => {
    const { person } = await activePerson();
    expect((await person.json('DELETE', '/auth/me', { password: person.password })).status).toBe(204);
    expect((await person.fetch('/conversations')).status).toBe(401);
    expect(await tablesWith(canary)).toEqual([]);
    await until('the originals are gone', async () => (await filesOf(server, person)).length === 0);
    await until('the collector has forgotten them', async () => !(await tablesWith(person.id)).includes('blob_deletions'));
    expect((await tablesWith(person.id)).filter((table) => !table.startsWith('job'))).toEqual(['audit_log']);
    expect(await tablesWith(person.email)).toEqual([]);
  });
});
