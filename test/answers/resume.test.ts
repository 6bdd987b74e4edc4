import { beforeAll, describe, expect, test } from 'vitest';
import { databaseKind, newPerson, type Person, personOf, startTestApp } from '../support/app.ts';
import { behave } from '../support/provider.ts';
import { answeringApp } from './support/answering-app.ts';
import { askStream, beginningOf, conversationAbout, historyOf } from './support/asking.ts';
import { closedGate, type Gate } from './support/gate.ts';
import { until } from './support/until.ts';
import {
  answerOf,
  expectNumbered,
  messageIdOf,
  readAll,
  readUntil,
  textOf,
  type WireEvent,
  wireEvents,
} from './support/wire-events.ts';

const fact = 'The lighthouse of Marsk was built in 1871. Its keeper is Ada Holm.';
const text =
  'It was built early: "The lighthouse of Marsk was built in 1871." [1]. Its keeper is Ada Holm [1], who lives there.';
const { provider, app } = await answeringApp();
let person: Person;
let conversation: string;
let beginning: string;
beforeAll(async () => {
  person = await newPerson((await app()).baseUrl);
  conversation = await conversationAbout(person, fact);
  beginning = await beginningOf(person, conversation);
});

/** Begins an answer of which only the first words come until the gate opens, and reads as far as those. */
async function askAndLeave(): Promise<{ seen: WireEvent[]; messageId: string; gate: Gate }> {
  const gate = closedGate();
  provider.script(behave.answer(text, { until: gate.opened }));
  const leave = new AbortController();
  const response = await askStream(
    person,
    conversation,
    'When was it built?',
    { parent_id: beginning },
    { signal: leave.signal },
  );
  const seen = await readUntil(response, ({ type }) => type === 'delta');
  leave.abort();
  return { seen, messageId: messageIdOf(seen), gate };
}

function resume(who: Person, messageId: string, after?: number): Promise<Response> {
  return who.fetch(
    `/messages/${messageId}/stream`,
    after === undefined ? {} : { headers: { 'last-event-id': String(after) } },
  );
}

function storedAnswer(messageId: string) {
  return until('the answer is finished', async () => {
    const stored = (await historyOf(person, conversation)).find(({ id }) => id === messageId);
    return stored?.status === 'streaming' ? false : stored;
  });
}

describe('when the reader leaves', () => {
  test('the answer is written to its end and stored', async () => {
    const { messageId, gate } = await askAndLeave();
    const request = await provider.chat(1);
    gate.open();
    expect(await storedAnswer(messageId)).toMatchObject({ content: text, status: 'complete' });
    expect(await request.ended).toBe('finished');
  });

  test('history shows what is there so far', async () => {
    const { seen, messageId, gate } = await askAndLeave();
    const [, , answer] = await historyOf(person, conversation);
    expect(answer).toMatchObject({ id: messageId, status: 'streaming', content: textOf(seen) });
    gate.open();
    await storedAnswer(messageId);
  });

  test('the rest can be read from the next event on, without gap or repetition', async () => {
    const { seen, messageId, gate } = await askAndLeave();
    const rest = readAll(wireEvents(await resume(person, messageId, seen.length)));
    gate.open();
    const events = [...seen, ...(await rest)];
    expectNumbered(events);
    expect(textOf(events)).toBe(text);
    expect(answerOf(events).answer).toBe(text);
    expect((await storedAnswer(messageId)).content).toBe(text);
  });

  test('two readers at once see the same', async () => {
    const { messageId, gate } = await askAndLeave();
    const readers = [await resume(person, messageId), await resume(person, messageId)].map((response) =>
      readAll(wireEvents(response)),
    );
    gate.open();
    const [first, second] = await Promise.all(readers);
    expect(first).toEqual(second);
    expectNumbered(first ?? []);
    expect(textOf(first ?? [])).toBe(text);
  });

  test('a finished answer can be taken up after any of its events', async () => {
    const { messageId, gate } = await askAndLeave();
    gate.open();
    await storedAnswer(messageId);
    const all = await readAll(wireEvents(await resume(person, messageId)));
    for (const { id } of all.slice(0, -1)) {
      expect(await readAll(wireEvents(await resume(person, messageId, id)))).toEqual(all.slice(id));
    }
    for (const id of [all.length, 10_000]) expect((await resume(person, messageId, id)).status).toBe(204);
  });

  test.each(['-1', 'x', '1e9', '99999999999'])('a Last-Event-ID of %s is refused', async (id) => {
    const { messageId, gate } = await askAndLeave();
    gate.open();
    await storedAnswer(messageId);
    const response = await person.fetch(`/messages/${messageId}/stream`, {
      headers: { 'last-event-id': id },
    });
    expect(response.status).toBe(400);
    await response.body?.cancel();
  });

  test('somebody else can neither read nor stop it, and it goes on', async () => {
    const stranger = await newPerson((await app()).baseUrl);
    const { messageId, gate } = await askAndLeave();
    expect((await resume(stranger, messageId)).status).toBe(404);
    expect((await stranger.json('POST', `/messages/${messageId}/stop`, {})).status).toBe(404);
    gate.open();
    expect(await storedAnswer(messageId)).toMatchObject({ content: text, status: 'complete' });
  });

  test('a question has no stream', async () => {
    const [, question] = await historyOf(person, conversation);
    expect((await resume(person, question?.id ?? '')).status).toBe(409);
  });
});

describe.skipIf(databaseKind === 'pglite')('on a second server with the same database', () => {
  /** The same person, speaking to a replica that lives as long as the test. */
  async function atReplica(work: (there: Person) => Promise<void>): Promise<void> {
    const replica = await startTestApp({ like: await app() });
    try {
      await work(personOf(replica.baseUrl, person.token, person));
    } finally {
      await replica.close();
    }
  }

  test('a running answer is taken up where it was left', async () => {
    await atReplica(async (there) => {
      const { seen, messageId, gate } = await askAndLeave();
      const rest = readAll(wireEvents(await resume(there, messageId, seen.length)));
      gate.open();
      const events = [...seen, ...(await rest)];
      expectNumbered(events);
      expect(textOf(events)).toBe(text);
      expect(await readAll(wireEvents(await resume(person, messageId)))).toEqual(events);
    });
  });

  test('a running answer is stopped within two seconds, and the provider let go', async () => {
    await atReplica(async (there) => {
      const { seen, messageId } = await askAndLeave();
      const request = await provider.chat(1);
      const started = performance.now();
      expect(await there.json('POST', `/messages/${messageId}/stop`, {})).toMatchObject({
        status: 202,
        body: { stopped: true },
      });
      expect(await request.ended).toBe('aborted');
      expect(performance.now() - started).toBeLessThan(2_000);
      expect(await storedAnswer(messageId)).toMatchObject({ status: 'cancelled', content: textOf(seen) });
    });
  });
});
