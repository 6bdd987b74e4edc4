import { beforeAll, describe, expect, test } from 'vitest';
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

describe('a list', () => {
  let who: Person;
  let named: Record<string, string>;
  beforeAll(async () => {
    who = await newPerson(person.baseUrl);
    named = {};
    for (const title of ['delta', 'Alpha', 'charlie', 'Bravo', 'alpha', 'Echo'])
      named[title] = (await who.client.conversations.create({ title })).id;
    // The last to be pinned, and the last to be spoken in.
    await who.client.conversations.update(named['charlie'] ?? '', { pinned: true });
    for (const title of ['Bravo', 'delta'])
      await who.client.messages.add(named[title] ?? '', { role: 'user', content: 'Later.' });
  });

  async function titles(query: Parameters<Person['client']['conversations']['list']>[0]): Promise<string[]> {
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const { conversations, next_cursor: next } = await who.client.conversations.list({
        ...query,
        ...(cursor === undefined ? {} : { cursor }),
      });
      found.push(...conversations.map(({ title }) => title));
      cursor = next ?? undefined;
    } while (cursor !== undefined);
    return found;
  }

  test.each([1, 2, 4, 200])('is in the order that is asked for, in pages of %d', async (limit) => {
    const activity = ['charlie', 'delta', 'Bravo', 'Echo', 'alpha', 'Alpha'];
    expect(await titles({ limit })).toEqual(activity);
    expect(await titles({ limit, order: 'activity' })).toEqual(activity);
    expect(await titles({ limit, order: 'created' })).toEqual([
      'charlie',
      'Echo',
      'alpha',
      'Bravo',
      'Alpha',
      'delta',
    ]);
    // The same letters in the order in which they came.
    expect(await titles({ limit, order: 'title' })).toEqual([
      'charlie',
      'Alpha',
      'alpha',
      'Bravo',
      'delta',
      'Echo',
    ]);
  });

  test('is of one tag, and of no project, also in pages and in another order', async () => {
    const project = await who.client.projects.create({ name: 'Words' });
    for (const title of ['Bravo', 'Echo', 'charlie'])
      await who.client.conversations.update(named[title] ?? '', { tags: ['two words', 'b'] });
    await who.client.conversations.update(named['delta'] ?? '', { tags: ['two'] });
    for (const title of ['Alpha', 'Echo'])
      await who.client.conversations.update(named[title] ?? '', { project_id: project.id });
    expect(await titles({ tag: 'two words', limit: 1 })).toEqual(['charlie', 'Bravo', 'Echo']);
    expect(await titles({ tag: 'two' })).toEqual(['delta']);
    expect(await titles({ tag: 'TWO' })).toEqual([]);
    expect(await titles({ project_id: 'none', order: 'title', limit: 2 })).toEqual([
      'charlie',
      'alpha',
      'Bravo',
      'delta',
    ]);
    expect(await titles({ project_id: project.id })).toEqual(['Echo', 'Alpha']);
    expect(await titles({ project_id: 'none', tag: 'b' })).toEqual(['charlie', 'Bravo']);
  });

  test('is of what is unread: an answer makes it so, whoever has read it says so', async () => {
    const id = named['Alpha'] ?? '';
    expect(await titles({ unread: true })).toEqual([]);
    await who.json('POST', `/rag/conversation/${id}/query`, { query: 'What is new?' });
    expect(await titles({ unread: true })).toEqual(['Alpha']);
    expect((await who.client.conversations.get(id)).unread).toBe(true);
    await who.client.messages.add(id, { role: 'user', content: 'Thanks.' });
    expect(await titles({ unread: true })).toEqual(['Alpha']);
    expect((await who.client.conversations.update(id, { unread: false })).unread).toBe(false);
    expect(await titles({ unread: true })).toEqual([]);
    expect(await titles({ unread: false })).toHaveLength(6);
  });
});
