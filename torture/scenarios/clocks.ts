import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Document } from '@alcove/contract';
import { createHome } from '../../test/durability/support/server-process.ts';
import { newPerson, type Person, personOf } from '../../test/support/person.ts';
import { behave, type Provider, startProvider } from '../../test/support/provider.ts';
import type { Figures, Scenario, TortureContext } from '../scenario.ts';
import { mustBe, mustEqual } from '../support/claims.ts';
import { verifyAtRest } from '../support/database-checks.ts';
import { historyOf, newConversation, postUntilAnswered } from '../support/people.ts';
import { inRounds } from '../support/rounds.ts';
import { verifyAnswers, verifyDocuments } from '../support/verify.ts';
import { emptyLedger, type Ledger } from '../support/ledger.ts';
import { follow } from '../support/writers.ts';
import { whenQuiet } from '../support/when-quiet.ts';

const preload = fileURLToPath(new URL('../support/skewed-clock.ts', import.meta.url));
const skewMs = 60_000;
const rounds = { smoke: 1, full: 6 };
/** Longer than a lease, and shorter than a model may be silent. */
const slowAnswerMs = { smoke: 2_000, full: 22_000 };

/** Two replicas whose clocks are two minutes apart do the same work at once. */
export const clocks: Scenario = {
  name: 'clocks',
  checks: ['P9', 'P10', 'P13'],
  promise: 'Two replicas with clocks that disagree do each thing once and lose no lease',
  protocol:
    'clocks 60 s ahead and 60 s behind; long answers, uploads, and one Idempotency-Key twenty times at both',
  databases: ['postgres'],
  whyAlone: 'the embedded database belongs to one process, so that there are no two replicas on it',
  minutes: 7,
  async run(context) {
    const provider = await startProvider();
    const home = await createHome({
      LLM_BASE_URL: provider.baseUrl,
      LLM_MODEL: 'test-chat',
      EMBEDDING_BASE_URL: provider.baseUrl,
      EMBEDDING_MODEL: 'test-embedding',
      STREAMS_PER_USER: '100',
    });
    try {
      const servers = await Promise.all(
        [skewMs, -skewMs].map((skew) =>
          home.start({ NODE_OPTIONS: `--import=${preload}`, CLOCK_SKEW_MS: String(skew) }),
        ),
      );
      const [here, there] = servers.map(({ baseUrl }) => baseUrl);
      const ahead = await newPerson(here ?? '');
      const people: [Person, Person] = [ahead, personOf(there ?? '', ahead.token, ahead)];
      const figures = await disagree(context, people, provider);
      await whenQuiet(provider);
      for (const server of servers) {
        const { code } = await server.end('SIGTERM');
        mustBe(code === 0, `a server ended with code ${code}: ${server.output().slice(-500)}`);
      }
      await verifyAtRest(home.env);
      return figures;
    } finally {
      await home.close();
      await provider.close();
    }
  },
};

async function disagree(
  context: TortureContext,
  people: [Person, Person],
  provider: Provider,
): Promise<Figures> {
  const { scale } = context;
  const ledger = emptyLedger();
  const keys = await inRounds(context, rounds[scale], async (draw, round) => {
    for (const person of people)
      provider.script(slowAnswer(slowAnswerMs[scale], `${round} ${person.baseUrl}`));
    const answers = people.map((person) => askSlowly(person, ledger));
    await Promise.all(people.map((person) => uploadMany(person, ledger, draw.between(3, 8))));
    await Promise.all([onceAtBoth(people), ...answers]);
  });
  await verifyAnswers(people[0], ledger.questions);
  const unfinished = ledger.questions.filter(({ whole }) => whole === null);
  mustEqual('answers whose stream broke off', unfinished.length, 0);
  const ready = await verifyDocuments(people[1], ledger);
  return {
    'answers longer than a lease': ledger.questions.length,
    documents: ready,
    'keys twenty times': keys,
    'done twice or lost': 0,
  };
}

function slowAnswer(ms: number, text: string) {
  return behave.answer(`It took long: ${text}`, { until: pause(ms) });
}

async function askSlowly(person: Person, ledger: Ledger): Promise<void> {
  const question = `How long does it take? ${randomUUID()}`;
  const response = await person.fetch(`/rag/conversation/${await newConversation(person)}/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: question, stream: true }),
  });
  mustBe(response.status === 200, `a question is answered with ${response.status}`);
  await follow(response, question, ledger);
}

async function uploadMany(person: Person, ledger: Ledger, count: number): Promise<void> {
  const conversationId = await newConversation(person);
  for (let at = 0; at < count; at += 1) {
    const text = `Document ${randomUUID()} of ${person.baseUrl}.`;
    const { status, body } = await person.json<{ document: Document }>(
      'POST',
      `/conversations/${conversationId}/documents`,
      { name: `${at}.txt`, text },
    );
    mustBe(status === 202, `an upload is answered with ${status}`);
    ledger.documents.push({ id: body.document.id, text, conversationId, state: 'there' });
  }
}

async function onceAtBoth(people: [Person, Person]): Promise<void> {
  const conversation = await newConversation(people[0]);
  const key = randomUUID();
  const path = `/conversations/${conversation}/messages`;
  const sent = Array.from({ length: 20 }, (_, at) =>
    postUntilAnswered<{ id: string }>(
      people[at % 2 === 0 ? 0 : 1],
      path,
      { role: 'user', content: 'Once.' },
      key,
    ),
  );
  const ids = (await Promise.all(sent)).map(({ body }) => body.id);
  mustEqual('messages of one key', new Set(ids).size, 1);
  mustEqual('the history', (await historyOf(people[1], conversation)).length, 1);
}
