import { setTimeout as pause } from 'node:timers/promises';
import { readConfig } from '../../src/config.ts';
import { connectDatabase } from '../../src/db/client.ts';
import { until } from '../../test/answers/support/until.ts';
import { createHome, type Home } from '../../test/durability/support/server-process.ts';
import { type Person, personOf } from '../../test/support/person.ts';
import type { Random } from '../random.ts';
import type { Figures, Scenario } from '../scenario.ts';
import { BrokenPromise, mustBe, mustEqual } from '../support/claims.ts';
import { verifyAtRest } from '../support/database-checks.ts';
import { type EarlierData, makeEarlier, migrationTags } from '../support/earlier-schema.ts';
import type { EarlierRows } from '../support/earlier-rows.ts';
import { type KeptRow, verifyKept } from '../support/earlier-tables.ts';
import { keeping } from '../support/rounds.ts';
import { wholeHistory } from '../support/verify.ts';

const backgroundMs = 6_000;
const killsPerSchema = { smoke: 1, full: 6 };

/** A database of each earlier schema meets this version, which is killed while it migrates. */
export const upgrade: Scenario = {
  name: 'upgrade',
  checks: ['P12', 'P1'],
  promise:
    'A database of every earlier schema is brought to this one with everything that is in it, also through kills',
  protocol:
    'the schema after each migration, with messages, documents, an answer and a replacement under way and a row in each table that it has; kill -9 at 200 to 2,500 ms of the start; then two starts',
  databases: ['pglite', 'postgres'],
  minutes: 20,
  async run(context) {
    const tags = await migrationTags();
    // The schema without row-level security was never released: every database has at least two migrations.
    const counts = tags.map((_, at) => at + 1).filter((count) => count >= 2 && count < tags.length);
    const { only, scale, random } = context;
    const drawn = scale === 'smoke' ? [random.oneOf(counts)] : counts;
    const chosen = only === null ? drawn : [Number(only['schema'])];
    let kills = 0;
    for (const count of chosen) {
      const home = await createHome({}, { isNew: true });
      try {
        kills += await keeping(context, { schema: count }, () =>
          upgradeFrom(count, home, killsPerSchema[scale], random.fork(`schema ${count}`)),
        );
        context.say(`from ${tags[count - 1]}`);
      } finally {
        await home.close();
      }
    }
    return { 'earlier schemas': chosen.length, 'kills while migrating': kills, lost: 0 } satisfies Figures;
  },
};

async function upgradeFrom(count: number, home: Home, kills: number, random: Random): Promise<number> {
  const data = await makeEarlier(home.env, count);
  for (let at = 0; at < kills; at += 1) await home.startAndKill(random.between(200, 2_500));
  // The second start finds nothing to do.
  for (let start = 0; start < 2; start += 1) {
    const server = await home.start();
    await verifyData(server.baseUrl, data);
    const { code } = await server.end('SIGTERM');
    mustBe(code === 0, `the server ended with code ${code}: ${server.output().slice(-500)}`);
  }
  await whenMadeAnew(home);
  await verifyRowsAtRest(home, data.others.kept);
  return kills;
}

/** Indexes of an earlier version are made anew in the background, some seconds behind a start. */
async function whenMadeAnew(home: Home): Promise<void> {
  for (let left = 3; ; left -= 1) {
    const server = await home.start();
    await pause(backgroundMs);
    await server.end('SIGTERM');
    try {
      await verifyAtRest(home.env);
      return;
    } catch (error) {
      if (!(error instanceof BrokenPromise) || left === 0) throw error;
    }
  }
}

async function verifyRowsAtRest(home: Home, kept: readonly KeptRow[]): Promise<void> {
  const database = await connectDatabase(readConfig(home.env).database);
  try {
    await verifyKept((sql, values) => database.pool.query(sql, values), kept);
  } finally {
    await database.close();
  }
}

async function verifyData(baseUrl: string, data: EarlierData): Promise<void> {
  const person = await signIn(baseUrl, data);
  const messages = await wholeHistory(person, data.conversationId);
  mustEqual(
    'the history',
    messages.map(({ content }) => content),
    data.contents,
  );
  mustEqual('the text', (await person.client.documents.text(data.documentId)).text, data.text);
  const content = await person.fetch(`/documents/${data.documentId}/content`);
  mustEqual('the original', await content.text(), data.text);
  // Its keyword index is of no version at all: it is made anew by itself.
  await until(
    'the document is found',
    async () =>
      (await person.client.retrieve(data.conversationId, { query: 'When was the lighthouse built?' })).results
        .length === 1,
    60_000,
  );
  await until(
    'search finds its passage',
    async () =>
      (await person.client.search('lighthouse', { in: ['documents'] })).results.some(
        ({ chunk_id: passage }) => passage !== null,
      ),
    60_000,
  );
  const overview = await person.client.conversations.overview();
  mustEqual('messages counted', overview.total_messages, data.contents.length + data.others.counts.messages);
  await verifyOthers(person, data.others);
}

/** What was under way is done, and what is known to whom is still shown. */
async function verifyOthers(person: Person, { documents, answer, link }: EarlierRows): Promise<void> {
  for (const [id, text] of Object.entries(documents)) {
    await until(
      'what was to be read is read',
      async () => (await person.client.documents.text(id).catch(() => null))?.text === text,
      60_000,
    );
    const content = await person.fetch(`/documents/${id}/content`);
    mustEqual('its original', await content.text(), text);
  }
  await until(
    'the answer that was being written is ended',
    async () => {
      const ended = (await wholeHistory(person, answer.conversationId)).find(
        ({ id }) => id === answer.messageId,
      );
      return ended?.status === 'incomplete' && ended.content === answer.content;
    },
    60_000,
  );
  if (link === null) return;
  const shown = await fetch(`${person.baseUrl}/s/${link.token}`);
  mustEqual(
    'an old link',
    [shown.status, ((await shown.json()) as { title: string }).title],
    [200, link.title],
  );
}

async function signIn(baseUrl: string, { email, password }: EarlierData): Promise<Person> {
  const response = await fetch(`${baseUrl}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  });
  mustEqual('signing in with the old password', response.status, 200);
  const session = (await response.json()) as { access_token: string; user: { id: string } };
  return personOf(baseUrl, session.access_token, { email, password, id: session.user.id });
}
