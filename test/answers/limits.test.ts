import { expect, test } from 'vitest';
import { newPerson } from '../support/app.ts';
import { behave } from '../support/provider.ts';
import { answeringApp } from './support/answering-app.ts';
import { askStream, newConversation } from './support/asking.ts';
import { closedGate } from './support/gate.ts';
import { readAll, wireEvents } from './support/wire-events.ts';

const { provider, app } = await answeringApp({ STREAMS_PER_USER: '2' });

test('questions sent at the same instant count each other, and another person not', async () => {
  const [person, other] = [await newPerson((await app()).baseUrl), await newPerson((await app()).baseUrl)];
  const conversations = await Promise.all(Array.from({ length: 6 }, () => newConversation(person)));
  const elsewhere = await newConversation(other);
  const gate = closedGate();
  provider.script(...Array.from({ length: 7 }, () => behave.answer('Yes, it is.', { until: gate.opened })));
  const asked = await Promise.all(conversations.map((id) => askStream(person, id, 'Is it?')));
  expect(asked.map(({ status }) => status).toSorted()).toEqual([200, 200, 429, 429, 429, 429]);
  const theirs = await askStream(other, elsewhere, 'Is it?');
  expect(theirs.status).toBe(200);
  gate.open();
  for (const response of [...asked, theirs])
    if (response.status === 200) expect((await readAll(wireEvents(response))).at(-1)?.type).toBe('done');
  const again = await askStream(person, conversations[0] ?? '', 'And now?', {});
  expect(again.status).toBe(200);
  expect((await readAll(wireEvents(again))).at(-1)?.type).toBe('done');
});
