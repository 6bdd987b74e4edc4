import { newPerson, type Person, personOf } from '../../test/support/person.ts';
import { type Provider, startProvider } from '../../test/support/provider.ts';
import { createHome, type Home, type ServerProcess } from '../../test/durability/support/server-process.ts';
import type { Random } from '../random.ts';
import type { Figures, Scenario, TortureContext } from '../scenario.ts';
import { changeAll, prepareGround, verifyChanges } from '../support/changes.ts';
import { fetchesHere, startPage } from '../support/changes/page.ts';
import { mustBe, mustHaveTried } from '../support/claims.ts';
import { verifyAtRest } from '../support/database-checks.ts';
import { acknowledgedIn, emptyLedger, type Ledger } from '../support/ledger.ts';
import { inRounds } from '../support/rounds.ts';
import { settleMoves, verifyAnswers, verifyAppended, verifyDocuments } from '../support/verify.ts';
import { append, ask, move, remove, upload } from '../support/writers.ts';
import { whenQuiet } from '../support/when-quiet.ts';

const killsAtMost = { smoke: 3, full: 100 };
const answersEveryKills = 10;
/** Answers of dead writers take half a minute to end: younger ones are looked at later. */
const answersAfterMs = 60_000;
/** Access tokens live ten minutes. */
const signInEveryKills = 8;
const models = ['test-embedding', 'other-embedding'];

/** A server with everything going on at once, killed again and again. */
export const kill: Scenario = {
  name: 'kill',
  checks: ['P1', 'P2'],
  promise: 'No acknowledged message, event or document is lost, and nothing is half there',
  protocol:
    'kill -9 at 50 to 3,000 ms during append, upload, ingest, answer, delete, move and re-embed, and every other writing route beside them',
  databases: ['pglite', 'postgres'],
  minutes: 14,
  async run(context) {
    const provider = await startProvider();
    const page = await startPage();
    const home = await createHome({
      LLM_BASE_URL: provider.baseUrl,
      LLM_MODEL: 'test-chat',
      EMBEDDING_BASE_URL: provider.baseUrl,
      STREAMS_PER_USER: '100',
      TRUST_PROXY: '1',
      // The first account administers by the code that is derived from it.
      AUTH_SECRET: 'a secret of every server that is killed here',
      ...fetchesHere,
      MAX_DOCUMENTS_PER_USER: '100000',
      MAX_DOCUMENTS_PER_CONVERSATION: '100000',
    });
    try {
      return await killAgainAndAgain(context, home, provider, page.url);
    } finally {
      await home.close();
      await page.close();
      await provider.close();
    }
  },
};

async function killAgainAndAgain(
  context: TortureContext,
  home: Home,
  provider: Provider,
  page: string,
): Promise<Figures> {
  const { random, scale } = context;
  const ledger = emptyLedger();
  let embedding = models[0] ?? '';
  const restart = (draw: Random): Promise<ServerProcess> => {
    if (draw.chance(0.2)) embedding = draw.oneOf(models);
    return home.start({ EMBEDDING_MODEL: embedding });
  };
  let server = await restart(random.fork('start'));
  let person = await newPerson(server.baseUrl);
  const archive = await conversationOf(person);
  const ground = await prepareGround(person, page);
  for (let at = 0; at < 2; at += 1)
    ledger.appended.push({ id: await conversationOf(person), messages: [], unsure: 0 });
  let inbox = await conversationOf(person);
  let checkedAnswers = 0;
  const checkedMessages = new Map<string, number>();
  const kills = await inRounds(context, killsAtMost[scale], async (draw, round) => {
    const full = inbox;
    inbox = await conversationOf(person);
    const work = Promise.all([
      ...ledger.appended.map((conversation, at) => append(person, conversation, draw.fork(`append ${at}`))),
      upload(person, inbox, ledger, draw.fork('upload')),
      remove(person, ledger, draw.fork('remove')),
      ask(person, provider, ledger, draw.fork('ask')),
      ask(person, provider, ledger, draw.fork('ask too')),
      move(person, full, archive, ledger),
      changeAll(person, ground, ledger, draw.fork('change')),
    ]);
    await Promise.race([new Promise((resolve) => setTimeout(resolve, draw.between(50, 3_000))), work]);
    await server.end('SIGKILL');
    await work;
    expectNoFaults(server);
    server = await restart(draw);
    person = personOf(server.baseUrl, person.token, person);
    const killed = round + 1;
    if (killed % signInEveryKills === 0) person = await signIn(server.baseUrl, person);
    await settleMoves(person, ledger);
    for (const conversation of ledger.appended) {
      await verifyAppended(person, conversation, checkedMessages.get(conversation.id));
      checkedMessages.set(conversation.id, conversation.messages.length);
    }
    if (killed % answersEveryKills === 0) {
      const old = ledger.questions.filter(({ since }) => performance.now() - since > answersAfterMs);
      await verifyAnswers(person, old.slice(checkedAnswers));
      checkedAnswers = old.length;
      context.say(`${killed} kills, ${JSON.stringify(acknowledgedIn(ledger))}`);
    }
  });
  mustHaveTried(kills > 0, () => 'its minutes were over before the first kill');
  person = await signIn(server.baseUrl, person);
  for (const conversation of ledger.appended) await verifyAppended(person, conversation);
  await verifyAnswers(person, ledger.questions);
  const ready = await verifyDocuments(person, ledger);
  await verifyChanges(person, ledger);
  await whenQuiet(provider);
  const { code } = await server.end('SIGTERM');
  mustBe(code === 0, `the server ended with code ${code}: ${server.output().slice(-500)}`);
  const { unnamed } = await verifyAtRest(home.env);
  mustBe(unnamed <= 2 * kills, `${unnamed} originals are named by nobody after ${kills} kills`);
  return figuresOf(ledger, kills, ready, unnamed);
}

function figuresOf(ledger: Ledger, kills: number, ready: number, unnamed: number): Figures {
  const { messages, documents, answers, events, changes } = acknowledgedIn(ledger);
  return {
    kills,
    'acknowledged messages': messages,
    'acknowledged documents': documents,
    'of them ready at the end': ready,
    'answers begun': answers,
    'acknowledged events of answers': events,
    'other acknowledged changes': changes,
    lost: 0,
    'originals left to the reconciler': unnamed,
  };
}

/** What a server logs at level `error` is a defect, killed or not. */
function expectNoFaults(server: ServerProcess): void {
  const faults = server
    .output()
    .split('\n')
    .filter((line) => /"level":"(error|fatal)"/.test(line));
  mustBe(faults.length === 0, () => `the server logged ${faults[0]}`);
}

async function conversationOf(person: Person): Promise<string> {
  return (await person.client.conversations.create()).id;
}

async function signIn(baseUrl: string, person: Person): Promise<Person> {
  const response = await fetch(`${baseUrl}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: person.email, password: person.password }),
  });
  const { access_token: token } = (await response.json()) as { access_token: string };
  return personOf(baseUrl, token, person);
}
