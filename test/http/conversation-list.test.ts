import { beforeAll, expect, test } from 'vitest';
import type { Conversation } from '@alcove/contract';
import { newPerson, type Person, sharedApp } from '../support/app.ts';

const app = sharedApp();
let person: Person;
let ids: string[];

/** Nine conversations: the third and the sixth are pinned, the last two archived. */
beforeAll(async () => {
  person = await newPerson((await app()).baseUrl);
  ids = [];
  for (let at = 0; at < 9; at += 1) {
    const { id } = await person.client.conversations.create({ title: `Conversation ${at}` });
    ids.push(id);
    if (at === 2 || at === 5) await person.json('PATCH', `/conversations/${id}`, { pinned: true });
    if (at >= 7) await person.json('PATCH', `/conversations/${id}`, { status: 'archived' });
  }
});

/** The whole list in pages of `limit`, by number. */
async function listed(query: string, limit = 200): Promise<number[]> {
  const found: number[] = [];
  let cursor: string | null = null;
  do {
    const next: string = cursor === null ? '' : `&cursor=${cursor}`;
    const { body } = await person.json<{ conversations: Conversation[]; next_cursor: string | null }>(
      'GET',
      `/conversations?limit=${limit}${query}${next}`,
    );
    found.push(...body.conversations.map(({ id }) => ids.indexOf(id)));
    cursor = body.next_cursor;
  } while (cursor !== null);
  return found;
}

test.each([200, 1, 2, 3])('pinned ones come first, then the newest, in pages of %d', async (limit) => {
  expect(await listed('', limit)).toEqual([5, 2, 6, 4, 3, 1, 0]);
});

test('archived ones are listed only when asked for', async () => {
  expect(await listed('&status=archived', 1)).toEqual([8, 7]);
  expect(await listed('&status=all', 2)).toEqual([5, 2, 8, 7, 6, 4, 3, 1, 0]);
  expect(await listed('&status=active&pinned=true')).toEqual([5, 2]);
});

test('a cursor of another list is refused', async () => {
  const cursor = Buffer.from(`2100-01-01T00:00:00.000Z ${ids[0]}`).toString('base64url');
  expect((await person.json('GET', `/conversations?cursor=${cursor}`)).status).toBe(400);
});

test('settings take what is known and refuse the rest by its name', async () => {
  const path = `/conversations/${ids[0]}`;
  expect(await person.json('PATCH', path, { settings: { docs_only: true } })).toMatchObject({
    status: 200,
    body: { settings: { docs_only: true } },
  });
  const refused = await person.json<{ issues: { path: string; message: string }[] }>('PATCH', path, {
    settings: { docsOnly: true },
  });
  expect(refused.status).toBe(400);
  expect(JSON.stringify(refused.body.issues)).toContain('did you mean \\"docs_only\\"');
  expect((await person.json('PATCH', path, { settings: { docs_only: 'yes' } })).status).toBe(400);
  expect((await person.client.conversations.get(ids[0] ?? '')).settings).toEqual({ docs_only: true });
});
