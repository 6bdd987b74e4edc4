import type { Answer, ChangeEvent, Share, SharedConversation } from '@alcove/contract';
import { beforeAll, describe, expect, test } from 'vitest';
import { answeringApp } from '../answers/support/answering-app.ts';
import { addText, askJson, historyOf, newConversation } from '../answers/support/asking.ts';
import { until } from '../answers/support/until.ts';
import { readAll, wireEvents } from '../answers/support/wire-events.ts';
import { newPerson, type Person } from '../support/app.ts';
import { closedGate } from '../answers/support/gate.ts';
import { behave } from '../support/provider.ts';
import { shareToTakePart, viewOf } from './support/taking-part.ts';

// A conversation that is shared with another user of the server, to take part in.

const { provider, app } = await answeringApp();
let owner: Person;
let guest: Person;
beforeAll(async () => {
  const { baseUrl } = await app();
  [owner, guest] = [await newPerson(baseUrl), await newPerson(baseUrl)];
});

const shared = (body?: object) => shareToTakePart({ provider, owner, guest }, body);

describe('the recipient', () => {
  test('sees the conversation as it is, writes and asks in it, and is named with what they say', async () => {
    const { conversation, path } = await shared();
    const before = await viewOf(guest, path);
    expect(before).toMatchObject({ access: 'take_part', documents: [{ name: 'herons.txt' }] });
    expect(before.messages.map(({ role }) => role)).toEqual(['user', 'assistant']);
    expect(JSON.stringify(before)).not.toContain('secret order');
    await owner.client.messages.add(conversation, { role: 'user', content: 'Said by the owner later.' });
    const said = await guest.json('POST', `${path}/messages`, { content: 'Said by the guest.' });
    expect(said).toMatchObject({ status: 201, body: { role: 'user', content: 'Said by the guest.' } });
    provider.script(behave.answer('["nests of the colony"]'), behave.answer('412 nests [1].'));
    const asked = await guest.json<Answer>('POST', `${path}/query`, { query: 'How many nests again?' });
    expect(asked.status, JSON.stringify(asked.body)).toBe(200);
    expect(asked.body.sources[0]).toMatchObject({ document_name: 'herons.txt' });
    const { messages } = await viewOf(guest, path);
    expect(messages.map(({ content }) => content).slice(2)).toEqual([
      'Said by the owner later.',
      'Said by the guest.',
      'How many nests again?',
      asked.body.answer,
    ]);
    const history = await historyOf(owner, conversation);
    const author = { id: guest.id, email: guest.email };
    expect(history.filter(({ metadata }) => 'author' in metadata)).toMatchObject([
      { content: 'Said by the guest.', metadata: { author } },
      { content: 'How many nests again?', metadata: { author } },
    ]);
  });

  test('is told who said what, of an answer that is being written, and when something changes', async () => {
    const { conversation, path } = await shared();
    await guest.json('POST', `${path}/messages`, { content: 'Said by the guest.' });
    const seen = await viewOf(guest, path);
    expect([seen.may_write, seen.answering]).toEqual([true, null]);
    expect(seen.messages.map(({ author, mine }) => [author, mine])).toEqual([
      [null, false],
      [null, false],
      [guest.email, true],
    ]);
    const toOwner = await viewOf(owner, path);
    expect(toOwner.messages.map(({ mine }) => mine)).toEqual([true, false, false]);
    const history = await historyOf(owner, conversation);
    expect(history.map(({ id }) => id)).toEqual(expect.arrayContaining(seen.messages.map(({ id }) => id)));
    expect(toOwner.may_write).toBe(false);

    const leaving = new AbortController();
    const response = await guest.fetch(`${path}/changes`, { signal: leaving.signal });
    const told: string[] = [];
    const listening = (async () => {
      for await (const event of wireEvents(response))
        told.push(`${event.type} ${JSON.stringify(event.data)}`);
    })().catch(() => {});
    const gate = closedGate();
    provider.script(behave.answer('["nests"]'), behave.answer('Slowly.', { until: gate.opened }));
    const asking = askJson(owner, conversation, 'How many nests, said slowly?');
    await until('the answer is begun', async () => (await viewOf(guest, path)).answering !== null);
    await until('the change is told', () => told.length > 0);
    expect(new Set(told)).toEqual(new Set(['changed {}']));
    gate.open();
    await asking;
    expect((await viewOf(guest, path)).answering).toBeNull();
    leaving.abort();
    await listening;
  });

  test('is counted as a view when it opens the link, not when it reads again', async () => {
    const { conversation, path } = await shared();
    for (const again of ['', '?again=true', '?again=true', '?again=false'])
      expect((await guest.json('GET', `${path}${again}`)).status).toBe(200);
    const { body } = await owner.json<{ shares: Share[] }>('GET', `/shares?conversation_id=${conversation}`);
    expect(body.shares.map(({ views }) => views)).toEqual([2]);
  });

  test('of a link to read is told neither ids nor names', async () => {
    const { conversation, path } = await shared();
    await guest.json('POST', `${path}/messages`, { content: 'Said by the guest.' });
    const read = await owner.json<Share>('POST', `/conversations/${conversation}/shares`);
    const stranger = await fetch(`${owner.baseUrl}/s/${read.body.url.split('/s/')[1]}`);
    const seen = (await stranger.json()) as SharedConversation;
    expect(seen.messages.map(({ id, author, mine }) => [id, author, mine])).toEqual(
      Array.from({ length: 3 }, () => [null, null, false]),
    );
    expect([seen.may_write, seen.answering]).toEqual([false, null]);
    expect(JSON.stringify(seen)).not.toContain(guest.email);
    expect((await guest.fetch(`/s/${read.body.url.split('/s/')[1]}/changes`)).status).toBe(403);
  });

  test('can do nothing else with it, and nothing in another conversation', async () => {
    const { conversation, path } = await shared();
    const other = await newConversation(owner);
    await addText(owner, other, 'The heron colony of another secret held 7 nests.', 'secret.txt');
    provider.script(behave.answer('["nests"]'), behave.answer('412 nests [1].'));
    const asked = await guest.json<Answer>('POST', `${path}/query`, { query: 'How many nests anywhere?' });
    expect(asked.body.sources.map((one) => one.document_name)).toEqual(['herons.txt']);
    expect((await guest.json('POST', `${path}/query`, { query: 'All?', scope: 'all' })).status).toBe(400);
    for (const [method, below] of [
      ['GET', ''],
      ['PATCH', ''],
      ['DELETE', ''],
      ['GET', '/documents'],
      ['POST', '/messages'],
      ['GET', '/export'],
      ['POST', '/shares'],
    ] as const) {
      const body = method === 'GET' || method === 'DELETE' ? undefined : { role: 'user', content: 'x' };
      const { status } = await guest.json(method, `/conversations/${conversation}${below}`, body);
      expect([400, 403], `${method} ${below}`).toContain(status);
    }
    const elsewhere = await owner.client.messages.add(other, { role: 'assistant', content: 'Elsewhere.' });
    expect((await guest.fetch(`${path}/messages/${elsewhere.id}/stream`)).status).toBe(404);
    expect((await guest.json('POST', `${path}/messages/${elsewhere.id}/stop`)).status).toBe(404);
    expect((await guest.json('GET', '/conversations')).body).toMatchObject({ conversations: [] });
  });

  test('follows and stops answers of the active branch alone', async () => {
    const { conversation, path } = await shared();
    const statusOf = async (id: string) => [
      (await guest.fetch(`${path}/messages/${id}/stream`)).status,
      (await guest.json('POST', `${path}/messages/${id}/stop`)).status,
    ];
    const first = (await historyOf(owner, conversation)).at(-1)?.id ?? '';
    expect(await statusOf(first)).toEqual([200, 202]);
    const gate = closedGate();
    provider.script(behave.answer('Slowly, 412.', { until: gate.opened }));
    const again = owner.json<Answer>('POST', `/messages/${first}/regenerate`, { stream: false });
    const second = await until('it is answered anew', async () => (await viewOf(guest, path)).answering);
    expect(await statusOf(first)).toEqual([404, 404]);
    await owner.json('PUT', `/conversations/${conversation}/branch`, { leaf_id: first });
    expect(await statusOf(first)).toEqual([200, 202]);
    // It is still being written, where the guest does not see it.
    expect(await statusOf(second)).toEqual([404, 404]);
    gate.open();
    expect((await again).body).toMatchObject({ message_id: second, status: 'complete' });
  });

  test('is one person: nobody else opens it, and a link to read gives no part', async () => {
    const { path, conversation } = await shared();
    const other = await newPerson(owner.baseUrl);
    for (const below of ['/messages', '/query']) {
      const body = below === '/query' ? { query: 'Hello?' } : { content: 'Hello' };
      expect((await other.json('POST', `${path}${below}`, body)).status).toBe(404);
      expect((await owner.json('POST', `${path}${below}`, body)).status).toBe(403);
      const stranger = await fetch(`${owner.baseUrl}${path}${below}`, { method: 'POST' });
      expect(stranger.status).toBe(401);
    }
    const read = await owner.json<Share>('POST', `/conversations/${conversation}/shares`, {
      recipient: guest.email,
    });
    expect(read.body.access).toBe('read');
    const readPath = `/s/${read.body.url.split('/s/')[1]}`;
    expect((await guest.json('POST', `${readPath}/messages`, { content: 'Hello' })).status).toBe(403);
    for (const body of [
      { access: 'take_part' },
      { access: 'take_part', recipient: guest.email, leaf_id: conversation },
    ])
      expect((await owner.json('POST', `/conversations/${conversation}/shares`, body)).status).toBe(400);
    // Whom it is shared with.
    const list = await owner.json<{ shares: Share[] }>('GET', `/shares?conversation_id=${conversation}`);
    expect(list.body.shares.map(({ recipient, access }) => [recipient, access])).toEqual([
      [guest.email, 'read'],
      [guest.email, 'take_part'],
    ]);
  });

  test('loses it at once when it is revoked, also in the middle of an answer', async () => {
    const { path, share, conversation } = await shared();
    const gate = closedGate();
    provider.script(
      behave.answer('["nests"]'),
      behave.answer('Slowly, word for word.', { until: gate.opened }),
    );
    const response = await guest.fetch(`${path}/query`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: 'How many nests?', stream: true }),
    });
    expect(response.status).toBe(200);
    const reading = readAll(wireEvents(response)).catch(() => []);
    await until('the question is there', async () => (await historyOf(owner, conversation)).length >= 4);
    const revokedAt = performance.now();
    await owner.json('DELETE', `/shares/${share.id}`);
    expect((await guest.json('GET', path)).status).toBe(404);
    expect((await guest.json('POST', `${path}/messages`, { content: 'Still here?' })).status).toBe(404);
    expect((await guest.json('POST', `${path}/query`, { query: 'Still here?' })).status).toBe(404);
    const events = await reading;
    expect(performance.now() - revokedAt).toBeLessThan(10_000);
    expect(events.map(({ type }) => type)).not.toContain('done');
    gate.open();
    await until(
      'the owner has the answer',
      async () => (await historyOf(owner, conversation)).at(-1)?.content.includes('word for word') ?? false,
    );
  });
});

test('making, changing and revoking are told as they happen, and are in the audit log', async () => {
  const closing = new AbortController();
  const told: ChangeEvent[] = [];
  const response = await owner.fetch('/events', { signal: closing.signal });
  const reading = (async () => {
    for await (const event of wireEvents(response)) told.push(event.data as unknown as ChangeEvent);
  })().catch(() => {});
  const { share, conversation } = await shared();
  const isTold = (wanted: (event: ChangeEvent) => boolean) => () => told.some(wanted);
  await until(
    'the link is told',
    isTold((one) => 'share' in one && one.share.id === share.id && one.conversation_id === conversation),
  );
  await owner.json('PUT', `/shares/${share.id}`);
  await until(
    'its revision is told',
    isTold((one) => 'share' in one && one.share.revision === 2),
  );
  await owner.json('DELETE', `/shares/${share.id}`);
  await until(
    'its end is told',
    isTold((one) => 'kind' in one && one.kind === 'share' && one.id === share.id),
  );
  closing.abort();
  await reading;
  const { rows } = await (
    await app()
  ).app.db.pool.query('SELECT action FROM audit_log WHERE target = $1 ORDER BY id', [share.id]);
  expect(rows.map(({ action }) => action)).toEqual(['share.created', 'share.updated', 'share.revoked']);
});
