import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { newPerson, type Person, sharedApp } from '../support/app.ts';
import { behave, type Provider, startProvider } from '../support/provider.ts';
import { askJson, askStream, conversationAbout, historyOf, newConversation } from './support/asking.ts';
import { answerOf, expectNumbered, messageIdOf, readAll, textOf, wireEvents } from './support/wire-events.ts';

const fact = 'The lighthouse of Marsk was built in 1871. Its keeper is Ada Holm.';
let provider: Provider;
let person: Person;
let app: ReturnType<typeof sharedApp>;

beforeAll(async () => {
  provider = await startProvider();
});
app = sharedApp({ get env() { return { LLM_BASE_URL: provider.baseUrl, LLM_MODEL: 'test-chat' }; } });
beforeAll(async () => {
  person = await newPerson((await app()).baseUrl);
});
beforeEach(() => provider.reset());
afterAll(() => provider.close());

test('x', async () => {
  const id = await conversationAbout(person, fact);
  const events = await readAll(wireEvents(await askStream(person, id, 'When was the lighthouse built?')));
  console.log(JSON.stringify(events, null, 1));
  expectNumbered(events);
  console.log(JSON.stringify(await historyOf(person, id), null, 1));
  console.log(JSON.stringify(provider.chats[0].prompt, null, 1));
  const r = await askJson(person, id, 'Who is its keeper?');
  console.log(JSON.stringify(r, null, 1));
  console.log(JSON.stringify(provider.chats.map((c) => c.prompt), null, 1));
});
