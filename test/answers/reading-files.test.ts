import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Uploaded } from '@alcove/contract';
import { newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { answeringApp } from './support/answering-app.ts';
import { askJson, askStream, newConversation } from './support/asking.ts';
import { answerOf, expectNumbered, readAll, wireEvents } from './support/wire-events.ts';

const fact = 'The lighthouse of Marsk was built in 1871.';
/** Long enough that it is not read before the question comes. */
const long = `${'Nothing of interest happened on that day in Norum. '.repeat(20_000)}\n\n${fact}`;

async function addUnread(person: Person, conversation: string, text: string): Promise<void> {
  const { status } = await person.json<Uploaded>('POST', `/conversations/${conversation}/documents`, {
    name: 'notes.txt',
    text,
  });
  expect(status).toBe(202);
}

describe('a question about files that are still being read', async () => {
  const { app } = await answeringApp({ WAIT_FOR_FILES_S: '60' });

  test('waits for them, says how far they are, and is answered from them', async () => {
    const person = await newPerson((await app()).baseUrl);
    const conversation = await newConversation(person);
    await addUnread(person, conversation, long.slice(-900_000));
    const asked = await askStream(person, conversation, 'When was the lighthouse of Marsk built?');
    const events = await readAll(wireEvents(asked));
    expectNumbered(events);
    const types = events.map(({ type }) => type);
    expect(types.slice(0, 2)).toEqual(['message', 'waiting']);
    expect(types.lastIndexOf('waiting')).toBeLessThan(types.indexOf('sources'));
    for (const { data } of events) {
      if (data.type !== 'waiting') continue;
      expect(data.documents).toBe(1);
      expect(data.names).toEqual(['notes.txt']);
      expect(data.seconds_left).toBeGreaterThan(0);
      expect(data.seconds_left).toBeLessThanOrEqual(60);
      expect(data.progress).toBeGreaterThanOrEqual(0);
      expect(data.progress).toBeLessThanOrEqual(1);
    }
    const answer = answerOf(events);
    expect(answer.mode).toBe('documents');
    expect(answer.sources.some(({ excerpt }) => excerpt.includes(fact))).toBe(true);
    expect(answer.metadata.notices.join()).not.toContain('still being read');
  });
});

describe('without a worker', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ env: { ROLE: 'web', WAIT_FOR_FILES_S: '1' } });
  });
  afterAll(() => app?.close());

  test.each([{}, { docs_only: true }])(
    'it says that they are being read, and never that nothing matches %s',
    async (more) => {
      const person = await newPerson(app.baseUrl);
      const conversation = await newConversation(person);
      await addUnread(person, conversation, fact);
      const { status, body } = await askJson(person, conversation, 'When was it built?', more);
      expect(status).toBe(200);
      expect(body.answer).toBe('Documents that are still being read: 1.');
      expect(body.metadata.notices.join('\n')).toContain('Ask again in a moment');
      expect(body.metadata.notices).toContain('1 document is still being read and was not searched.');
    },
  );
});
