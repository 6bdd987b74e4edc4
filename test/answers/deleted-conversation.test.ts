import { beforeAll, describe, expect, test } from 'vitest';
import { databaseKind, newPerson, type Person, personOf, startTestApp } from '../support/app.ts';
import { behave } from '../support/provider.ts';
import { answeringApp } from './support/answering-app.ts';
import { askJson, askStream, newConversation } from './support/asking.ts';
import { closedGate } from './support/gate.ts';
import { until } from './support/until.ts';
import { readUntil } from './support/wire-events.ts';

const { provider, app } = await answeringApp({ STREAMS_PER_USER: '1' });
let person: Person;
beforeAll(async () => {
  person = await newPerson((await app()).baseUrl);
});

/** Deletes the conversation of an answer that stands still, and sees that another one can be asked for at once. */
async function expectFreeAfter(deleteIt: (conversation: string) => Promise<void>): Promise<void> {
  const [conversation, other] = [await newConversation(person), await newConversation(person)];
  const gate = closedGate();
  provider.script(behave.answer('Slowly, word for word.', { until: gate.opened }));
  await readUntil(await askStream(person, conversation, 'Tell me.'), ({ type }) => type === 'delta');
  expect((await askJson(person, other, 'And you?')).status).toBe(429);
  await deleteIt(conversation);
  const deleted = performance.now();
  await until(
    'there is a place again',
    async () => (await askJson(person, other, 'And you?')).status === 200,
  );
  expect(performance.now() - deleted).toBeLessThan(4_000);
  gate.open();
  const lines = (await app()).logs.filter((line) =>
    line.includes('the end of an answer was not written yet'),
  );
  expect(lines).toEqual([]);
}

describe('an answer in a conversation that is deleted ends at once and frees its place', () => {
  test('on the same server', async () => {
    await expectFreeAfter(async (conversation) => {
      expect((await person.json('DELETE', `/conversations/${conversation}`)).status).toBe(200);
    });
  });

  test.skipIf(databaseKind === 'pglite')('from another server', async () => {
    const replica = await startTestApp({ like: await app() });
    try {
      const there = personOf(replica.baseUrl, person.token, person);
      await expectFreeAfter(async (conversation) => {
        expect((await there.json('DELETE', `/conversations/${conversation}`)).status).toBe(200);
      });
    } finally {
      await replica.close();
    }
  });
});
