import type { Document } from '@alcove/contract';
import { beforeAll, expect, test } from 'vitest';
import { newConversation } from '../answers/support/asking.ts';
import { newPerson, type Person, sharedApp } from '../support/app.ts';

const app = sharedApp();
let person: Person;
beforeAll(async () => {
  person = await newPerson((await app()).baseUrl);
});

test('a document that moves while it is renamed or deleted is renamed and deleted where it is then', async () => {
  const to = await newConversation(person);
  for (let round = 0; round < 6; round += 1) {
    const from = await newConversation(person);
    const ids: string[] = [];
    for (let at = 0; at < 6; at += 1) {
      const { body } = await person.json<{ document: Document }>('POST', `/conversations/${from}/documents`, {
        name: `${at}.txt`,
        text: `Document ${round} ${at}.`,
      });
      ids.push(body.document.id);
    }
    const answers = await Promise.all([
      ...ids
        .slice(0, 3)
        .map((id, at) => person.json('DELETE', `/documents/${id}?restorable=${String(at === 0)}`)),
      person.json('DELETE', `/conversations/${from}?keep_documents_in=${to}`),
      ...ids.slice(3).map((id) => person.json('PATCH', `/documents/${id}`, { name: 'renamed.txt' })),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  }
  const { body } = await person.json<{ documents: Document[] }>(
    'GET',
    `/conversations/${to}/documents?limit=100`,
  );
  expect(body.documents.map(({ name }) => name)).toEqual(Array.from({ length: 18 }, () => 'renamed.txt'));
});
