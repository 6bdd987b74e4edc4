import { beforeAll, expect, test, vi } from 'vitest';
import { addText, newConversation } from '../answers/support/asking.ts';
import { newPerson, type Person, sharedApp } from '../support/app.ts';

// What is kept of a document beside its text and its indexes: where it cannot be read, nothing else suffers.

const app = sharedApp();
let person: Person;
let id: string;
beforeAll(async () => {
  person = await newPerson((await app()).baseUrl);
  id = (await addText(person, await newConversation(person), '# Herons\n\nThey stand still.', 'a.md')).id;
});

/** Puts bytes that nothing has written in the place of a piece, which may not be there. */
async function damage(kind: string): Promise<void> {
  const { pool } = (await app()).app.db;
  await pool.query(`DELETE FROM segments WHERE user_id = $1 AND document_id = $2 AND kind = $3`, [
    person.id,
    id,
    kind,
  ]);
  await pool.query(
    `INSERT INTO segments (user_id, conversation_id, document_id, kind, bytes)
     SELECT user_id, conversation_id, id, $3, '\\x00' FROM documents WHERE user_id = $1 AND id = $2`,
    [person.id, id, kind],
  );
}

test('blocks: the text is there without them, and they are read in the original again', async () => {
  const before = await person.client.documents.text(id);
  expect(before.blocks).toHaveLength(2);
  await damage('blocks');
  expect(await person.client.documents.text(id)).toEqual({ ...before, blocks: null });
  await vi.waitFor(async () => expect(await person.client.documents.text(id)).toEqual(before), 30_000);
});

test('words of a page: there are none', async () => {
  await damage('words:1');
  expect(await person.client.documents.words(id, 1)).toMatchObject({ page: 1, recognised: null });
});
