import { beforeAll, expect, test } from 'vitest';
import type { Document } from '@alcove/contract';
import { newConversation } from '../answers/support/asking.ts';
import { newPerson, type Person, sharedApp } from '../support/app.ts';

const app = sharedApp();
let person: Person;
beforeAll(async () => {
  person = await newPerson((await app()).baseUrl);
});

async function add(text: string): Promise<string> {
  const path = `/conversations/${await newConversation(person)}/documents`;
  const { body } = await person.json<{ document: Document }>('POST', path, { name: 'notes.txt', text });
  return body.document.id;
}

function follow(id: string, after?: string): Promise<Response> {
  return person.fetch(
    `/documents/${id}/events`,
    after === undefined ? {} : { headers: { 'last-event-id': after } },
  );
}

async function eventsOf(response: Response): Promise<{ id: string; document: Document }[]> {
  expect(response.status).toBe(200);
  return [...(await response.text()).matchAll(/^id: (\d+)\nevent: document\ndata: (.*)$/gm)].map(
    ([, id = '', data = '']) => ({ id, document: JSON.parse(data) as Document }),
  );
}

test('a document is followed to its end, and the same state has the same number on every connection', async () => {
  const id = await add('Nothing of interest happened on that day in Norum. '.repeat(5_000));
  const [first, second] = await Promise.all([follow(id).then(eventsOf), follow(id).then(eventsOf)]);
  const last = first.at(-1);
  expect(last?.document.status).toBe('ready');
  expect(second.at(-1)).toEqual(last);
  expect(first.map((one) => Number(one.id))).toEqual(
    first.map((one) => Number(one.id)).toSorted((a, b) => a - b),
  );
  const again = await eventsOf(await follow(id));
  expect(again).toEqual([last]);
});

test('a reader that comes again goes on behind what it has seen, and ends with 204', async () => {
  const id = await add('The lighthouse of Marsk was built in 1871.');
  const seen = await eventsOf(await follow(id));
  const rest = await eventsOf(await follow(id, '1'));
  expect(rest.at(-1)).toEqual(seen.at(-1));
  const done = await follow(id, seen.at(-1)?.id);
  expect([done.status, await done.text()]).toEqual([204, '']);
  expect((await follow(id, 'x')).status).toBe(400);
});

test('a change has a higher number than the one before, whatever the clock of who made that one', async () => {
  const id = await add('The lighthouse of Marsk was built in 1871.');
  await eventsOf(await follow(id));
  const { db } = (await app()).app;
  await db.pool.query(`UPDATE documents SET updated_at = now() + interval '60 seconds' WHERE id = '${id}'`);
  const [ahead] = await eventsOf(await follow(id));
  await person.json('PATCH', `/documents/${id}`, { name: 'one.txt' });
  const [one] = await eventsOf(await follow(id, ahead?.id));
  await person.json('PATCH', `/documents/${id}`, { name: 'two.txt' });
  const [two] = await eventsOf(await follow(id, one?.id));
  expect([one?.document.name, two?.document.name]).toEqual(['one.txt', 'two.txt']);
  const numbers = [ahead, one, two].map((event) => Number(event?.id));
  expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
});

test('what changes afterwards is told to whoever has seen the end', async () => {
  const id = await add('The lighthouse of Marsk was built in 1871.');
  const seen = await eventsOf(await follow(id));
  await person.json('PATCH', `/documents/${id}`, { name: 'marsk.txt' });
  const more = await eventsOf(await follow(id, seen.at(-1)?.id));
  expect(more.map(({ document }) => document.name)).toEqual(['marsk.txt']);
  expect((await follow(id, more.at(-1)?.id)).status).toBe(204);
});
