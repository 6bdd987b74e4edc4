import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Answer, Document, Message } from '@alcove/contract';
import { until } from '../../test/answers/support/until.ts';
import { createTestDatabase } from '../../test/support/postgres.ts';
import { newPerson, type Person } from '../../test/support/person.ts';
import { behave, type Provider, startProvider } from '../../test/support/provider.ts';
import type { Figures, Scenario, TortureContext } from '../scenario.ts';
import { type AppHere, startAppHere } from '../support/app-here.ts';
import { mustBe, mustEqual, mustHaveTried } from '../support/claims.ts';
import { historyOf, newConversation, postUntilAnswered } from '../support/people.ts';
import { type PostgresProxy, startProxy } from '../support/postgres-proxy.ts';
import { inRounds } from '../support/rounds.ts';
import { eventsOf } from '../support/wire.ts';

const rounds = { smoke: 6, full: 150 };
/** A request makes a few commits, and so does the work behind it: one of them is lost. */
const amongCommits = 8;

/** The database commits and the answer to that is lost: nobody knows, and nothing may be there twice or by half. */
export const ambiguousCommit: Scenario = {
  name: 'ambiguous-commit',
  checks: ['R03', 'P5'],
  promise:
    'What was committed without an acknowledgement is there once, and a stored answer is the streamed one',
  protocol: 'a wire to PostgreSQL that breaks behind a commit, under appends, uploads and streamed answers',
  databases: ['postgres'],
  whyAlone:
    'the embedded database is reached by a socket inside its server: what breaks it breaks the server, which kill does',
  minutes: 6,
  async run(context) {
    const database = await createTestDatabase(context.serverUrl ?? '');
    const proxy = await startProxy(database.url);
    const provider = await startProvider();
    const here = await startAppHere({
      DATABASE_URL: proxy.url,
      LLM_BASE_URL: provider.baseUrl,
      LLM_MODEL: 'test-chat',
    });
    try {
      return await breakCommits(context, here, proxy, provider);
    } finally {
      proxy.hold();
      await here.close();
      await provider.close();
      await proxy.close();
      await database.drop();
    }
  },
};

async function breakCommits(
  context: TortureContext,
  here: AppHere,
  proxy: PostgresProxy,
  provider: Provider,
): Promise<Figures> {
  const { scale, only } = context;
  const person = await newPerson(here.baseUrl);
  const count = { messages: 0, documents: 0, answers: 0, 'sent again': 0 };
  await inRounds(context, rounds[scale], async (draw, round) => {
    const conversation = await newConversation(person);
    const lose = (): void => proxy.loseCommit(draw.between(0, amongCommits));
    const texts = Array.from({ length: 4 }, (_, at) => `Message ${round}.${at}`);
    for (const content of texts) {
      const path = `/conversations/${conversation}/messages`;
      lose();
      const { status, tries } = await postUntilAnswered<Message>(
        person,
        path,
        { role: 'user', content },
        randomUUID(),
      );
      mustBe(status === 201, `a message is answered with ${status}`);
      count['sent again'] += tries - 1;
    }
    lose();
    const document = await postUntilAnswered<{ document: Document }>(
      person,
      `/conversations/${conversation}/documents`,
      { name: `${round}.txt`, text: `Document ${round}.` },
      randomUUID(),
    );
    mustBe(document.status === 202, `an upload is answered with ${document.status}`);
    proxy.hold();
    const stored = await until('the history is read', () =>
      historyOf(person, conversation).catch(() => null),
    );
    mustEqual(
      'the messages',
      stored.map(({ content }) => content),
      texts,
    );
    const { body } = await person.json<{ documents: Document[] }>(
      'GET',
      `/conversations/${conversation}/documents`,
    );
    mustEqual(
      'the documents',
      body.documents.map(({ id }) => id),
      [document.body.document.id],
    );
    count.messages += texts.length;
    count.documents += 1;

    await checkAnswer(
      person,
      await newConversation(person).catch(() => conversation),
      proxy,
      provider,
      draw.between(5, 60),
    );
    count.answers += 1;
  });
  proxy.hold();
  mustHaveTried(
    scale === 'smoke' || only !== null || proxy.lost > 20,
    () => `only ${proxy.lost} acknowledgements were lost`,
  );
  return { 'commits without an acknowledgement': proxy.lost, ...count, 'lost or doubled': 0 };
}

/** Streams an answer over the wire that breaks; what is stored in the end is what the model said, and so are its events. */
async function checkAnswer(
  person: Person,
  conversation: string,
  proxy: PostgresProxy,
  provider: Provider,
  words: number,
): Promise<void> {
  const said = Array.from({ length: words }, (_, at) => `word${at}`).join(' ');
  provider.script(behave.answer(said, { until: pause(words * 8) }));
  const response = await person.fetch(`/rag/conversation/${conversation}/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: 'Say it.', stream: true }),
  });
  let messageId = '';
  let answer: Answer | null = null;
  for await (const { data } of eventsOf(response)) {
    if (data.type === 'message') messageId = data.message_id;
    if (data.type === 'done') answer = data.answer;
  }
  proxy.hold();
  // The question itself may have been refused; then nothing was streamed and nothing was promised.
  if (messageId === '') {
    provider.reset();
    return;
  }
  const stored = await until(
    `answer ${messageId} is ended`,
    async () => {
      const messages = await historyOf(person, conversation).catch(() => []);
      return messages.find(({ id, status }) => id === messageId && status !== 'streaming') ?? false;
    },
    60_000,
  );
  mustEqual('the stored answer', [stored.status, stored.content], ['complete', said]);
  if (answer !== null) mustEqual('the streamed answer', answer.answer, said);
  const replayed: string[] = [];
  let last = 0;
  for await (const { id, data } of eventsOf(
    await person.fetch(`/messages/${messageId}/stream`, { headers: { 'last-event-id': '0' } }),
  )) {
    mustBe(id > last, `event ${id} comes behind event ${last}`);
    last = id;
    if (data.type === 'delta') replayed.push(data.text);
  }
  mustEqual('the replayed answer', replayed.join(''), said);
}
