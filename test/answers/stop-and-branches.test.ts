import { beforeAll, describe, expect, test } from 'vitest';
import { newPerson, type Person } from '../support/app.ts';
import { behave } from '../support/provider.ts';
import { answeringApp, signInAgain } from './support/answering-app.ts';
import { askInVain, askJson, askStream, historyOf, newConversation } from './support/asking.ts';
import { closedGate, type Gate } from './support/gate.ts';
import { until } from './support/until.ts';
import { answerOf, messageIdOf, readAll, textOf, type WireEvent, wireEvents } from './support/wire-events.ts';

const { provider, app } = await answeringApp();
let person: Person;
beforeAll(async () => {
  person = await newPerson((await app()).baseUrl);
});

interface Running {
  conversation: string;
  messageId: string;
  gate: Gate;
  /** What was read while the provider held back. */
  seen: WireEvent[];
  /** Every event up to the end of the stream. */
  all: Promise<WireEvent[]>;
}

/** An answer that stands still behind its first word. */
async function startAnswer(conversation?: string): Promise<Running> {
  const id = conversation ?? (await newConversation(person));
  const gate = closedGate();
  const begun = provider.chats.length;
  provider.script(behave.answer('Slowly, word for word.', { until: gate.opened }));
  const stream = wireEvents(await askStream(person, id, 'Tell me.'));
  const seen: WireEvent[] = [];
  while (seen.at(-1)?.type !== 'delta') {
    const { value, done } = await stream.next();
    if (done === true) throw new Error('the answer ended early');
    seen.push(value);
  }
  const all = readAll(stream).then((rest) => [...seen, ...rest]);
  await provider.chat(begun + 1);
  return { conversation: id, messageId: messageIdOf(seen), gate, seen, all };
}

describe('stop', () => {
  test('from another session ends answer and provider call within two seconds and keeps the text', async () => {
    const { conversation, messageId, seen, all } = await startAnswer();
    const elsewhere = await signInAgain((await app()).baseUrl, person);
    expect(elsewhere.token).not.toBe(person.token);
    const request = await provider.chat(1);
    const started = performance.now();
    const { status, body } = await elsewhere.json('POST', `/messages/${messageId}/stop`, {});
    expect({ status, body }).toEqual({ status: 202, body: { stopped: true } });
    const events = await all;
    expect(await request.ended).toBe('aborted');
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(answerOf(events)).toMatchObject({ status: 'cancelled', answer: textOf(seen) });
    expect((await historyOf(person, conversation)).at(-1)).toMatchObject({
      status: 'cancelled',
      content: textOf(seen),
    });
  });

  test('makes the JSON answer end as cancelled with what there is', async () => {
    const id = await newConversation(person);
    const gate = closedGate();
    provider.script(behave.answer('Slowly, word for word.', { until: gate.opened }));
    const asked = askJson(person, id, 'Tell me.');
    const running = await until('the answer has begun', async () =>
      (await historyOf(person, id)).find(({ status, content }) => status === 'streaming' && content !== ''),
    );
    await person.json('POST', `/messages/${running.id}/stop`, {});
    const { status, body } = await asked;
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'cancelled', answer: running.content, message_id: running.id });
  });

  test('of a finished answer changes nothing', async () => {
    const { messageId, gate, all, conversation } = await startAnswer();
    gate.open();
    await all;
    expect((await person.json('POST', `/messages/${messageId}/stop`, {})).body).toEqual({ stopped: false });
    expect((await historyOf(person, conversation)).at(-1)).toMatchObject({
      status: 'complete',
      content: 'Slowly, word for word.',
    });
  });

  test('ten times at once is one stop', async () => {
    const { messageId, all } = await startAnswer();
    const stops = await Promise.all(
      Array.from({ length: 10 }, () => person.json('POST', `/messages/${messageId}/stop`, {})),
    );
    expect(stops.every(({ status }) => status === 202)).toBe(true);
    expect((await all).filter(({ type }) => type === 'done' || type === 'failed')).toHaveLength(1);
  });

  test('lets the conversation go on', async () => {
    const { conversation, messageId, all } = await startAnswer();
    await person.json('POST', `/messages/${messageId}/stop`, {});
    await all;
    expect((await askJson(person, conversation, 'Again, please.')).status).toBe(200);
    expect(await historyOf(person, conversation)).toHaveLength(4);
  });
});

describe('while an answer is being written', () => {
  test('another question on its branch is refused and nothing of it is kept', async () => {
    const { conversation, gate, all } = await startAnswer();
    const { status, body } = await askInVain(person, conversation, 'And then?');
    expect(status).toBe(409);
    expect(body.code).toBe('conflict');
    gate.open();
    expect(answerOf(await all).status).toBe('complete');
    expect((await historyOf(person, conversation)).map(({ content }) => content)).toEqual([
      'Tell me.',
      'Slowly, word for word.',
    ]);
    expect((await askJson(person, conversation, 'And then?')).status).toBe(200);
  });

  test('a question on another branch is answered', async () => {
    const conversation = await newConversation(person);
    const first = await askJson(person, conversation, 'First?');
    const { messageId, gate, all } = await startAnswer(conversation);
    const sibling = await askJson(person, conversation, 'Something else?', {
      parent_id: first.body.message_id,
    });
    expect(sibling.status).toBe(200);
    gate.open();
    expect(answerOf(await all).message_id).toBe(messageId);
    const [sideways, straight] = [
      await historyOf(person, conversation),
      await historyOf(person, conversation, `?branch=${messageId}`),
    ];
    expect(sideways.at(-1)?.id).toBe(sibling.body.message_id);
    expect(straight.map(({ content }) => content).slice(2)).toEqual(['Tell me.', 'Slowly, word for word.']);
  });

  test('the same question sent twice at once is answered once', async () => {
    const conversation = await newConversation(person);
    await askJson(person, conversation, 'First?');
    const gate = closedGate();
    provider.setDefault(behave.answer('Once only.', { until: gate.opened }));
    const twice = [askJson(person, conversation, 'Twice?'), askJson(person, conversation, 'Twice?')];
    const first = await Promise.race(twice);
    expect(first.status).toBe(409);
    gate.open();
    expect((await Promise.all(twice)).map(({ status }) => status).toSorted()).toEqual([200, 409]);
    expect(
      (await historyOf(person, conversation)).filter(({ content }) => content === 'Twice?'),
    ).toHaveLength(1);
  });

  test('the first two questions of a conversation at once are answered once', async () => {
    const conversation = await newConversation(person);
    const gate = closedGate();
    provider.setDefault(behave.answer('Once only.', { until: gate.opened }));
    const twice = [askJson(person, conversation, 'Twice?'), askJson(person, conversation, 'Twice?')];
    expect((await Promise.race(twice)).status).toBe(409);
    gate.open();
    expect((await Promise.all(twice)).map(({ status }) => status).toSorted()).toEqual([200, 409]);
  });

  test('a message that a client appends to it waits for its end', async () => {
    const { conversation, gate, all } = await startAnswer();
    const { status } = await person.json('POST', `/conversations/${conversation}/messages`, {
      role: 'user',
      content: 'Meanwhile.',
    });
    expect([201, 409]).toContain(status);
    gate.open();
    expect(answerOf(await all).answer).toBe('Slowly, word for word.');
  });

  test('deleting its conversation ends the stream and the provider call', async () => {
    const { conversation, messageId, all } = await startAnswer();
    const request = await provider.chat(1);
    expect((await person.json('DELETE', `/conversations/${conversation}`)).status).toBe(200);
    expect(await request.ended).toBe('aborted');
    await all.catch(() => {});
    expect((await person.fetch(`/messages/${messageId}/stream`)).status).toBe(404);
  });
});
