import { expect, test } from 'vitest';
import { addText, askJson, newConversation } from '../answers/support/asking.ts';
import { until } from '../answers/support/until.ts';
import { newPerson, sharedApp, type TestApp } from '../support/app.ts';
import { filesOf } from './support/uploading.ts';

const canary = 'KESTREL-7401';
const app = sharedApp({ env: { UNDO_DAYS: '0' } });

/** Tables, those of the job queue too, of which a row holds the text in any of its columns. */
async function tablesWith(server: TestApp, text: string): Promise<string[]> {
  const { pool } = server.app.db;
  const { rows: tables } = await pool.query<{ name: string }>(
    `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
     WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY 1`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const { rows } = await pool.query(`SELECT 1 FROM ${name} t WHERE t::text LIKE $1 LIMIT 1`, [`%${text}%`]);
    if (rows.length > 0) found.push(name);
  }
  return found;
}

test('a deleted conversation leaves none of its words in any table, and no original', async () => {
  const server = await app();
  const person = await newPerson(server.baseUrl);
  const conversation = await newConversation(person);
  await addText(person, conversation, `The word is ${canary}.`, `${canary}.txt`);
  await askJson(person, conversation, `What is ${canary}?`);
  await person.client.messages.add(conversation, {
    role: 'user',
    content: `About ${canary}.`,
    message_metadata: { note: canary },
  });
  expect((await tablesWith(server, canary)).length).toBeGreaterThan(4);

  const { status, body } = await person.json('DELETE', `/conversations/${conversation}`);
  expect(status).toBe(200);
  expect(body).toMatchObject({ deleted: { messages: 3, documents: 1, chunks: 1 } });
  expect(await tablesWith(server, canary)).toEqual([]);
  for (const path of ['', '/documents', '/stats']) {
    expect((await person.fetch(`/conversations/${conversation}${path}`)).status).toBe(404);
  }
  await until('the original is gone', async () => (await filesOf(server, person)).length === 0);
});
