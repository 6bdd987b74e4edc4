import { expect, test } from 'vitest';
import { newPerson } from '../support/app.ts';
import { behave } from '../support/provider.ts';
import { answeringApp } from './support/answering-app.ts';
import { askStream, newConversation } from './support/asking.ts';
import { closedGate } from './support/gate.ts';
import { until } from './support/until.ts';
import { messageIdOf, type WireEvent, wireEvents } from './support/wire-events.ts';

const { provider, app } = await answeringApp();

test('an answer can be stopped while the server stops, and nothing else is begun', async () => {
  const { app: server, baseUrl, stop } = await app();
  const person = await newPerson(baseUrl);
  const gate = closedGate();
  provider.script(behave.answer('Slowly, word for word.', { until: gate.opened }));
  const stream = wireEvents(await askStream(person, await newConversation(person), 'Tell me.'));
  const seen: WireEvent[] = [];
  const reading = (async () => {
    for await (const event of stream) seen.push(event);
  })();
  await until('the answer is begun', () => seen.some(({ type }) => type === 'delta'));

  const stopped = stop();
  const post = (url: string) =>
    server.http.inject({ method: 'POST', url, headers: { authorization: `Bearer ${person.token}` } });
  await until('new things are refused', async () => (await post('/conversations')).statusCode === 503);
  const answer = await post(`/messages/${messageIdOf(seen)}/stop`);
  expect([answer.statusCode, answer.json()]).toEqual([202, { stopped: true }]);
  gate.open();
  await reading;
  await stopped;
});
