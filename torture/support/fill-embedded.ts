import { setTimeout as pause } from 'node:timers/promises';
import type { Document, Message } from '@alcove/contract';
import { createHome, type ServerProcess } from '../../test/durability/support/server-process.ts';
import { newPerson, type Person, personOf } from '../../test/support/person.ts';
import type { Figures, TortureContext } from '../scenario.ts';
import { mustBe } from './claims.ts';
import { verifyAtRest } from './database-checks.ts';
import { emptyLedger, type Ledger } from './ledger.ts';
import { newConversation } from './people.ts';
import { isLostConnection } from './until-gone.ts';
import { verifyAppended, verifyDocuments } from './verify.ts';

/** So often in a row nothing is kept before the disk counts as full. */
const refusedInARow = 8;
const roundsAtMost = 1_000;
/** Messages fill the database, documents both it and the originals. */
const sentence = 'The lighthouse stands on the cliff of Marsk. ';
const messageSentences = 2_000;
const documentSentences = 4_000;
const betweenRefusedMs = 250;
const recoversWithinMs = 60_000;

/**
 * The embedded database and the originals on one disk, written until it is full; then `makeRoom`. What was acknowledged
 * is there: at once where the server still runs, and after another start. @throws BrokenPromise
 */
export async function fillEmbedded(
  context: TortureContext,
  dataDir: string,
  makeRoom: () => Promise<unknown>,
): Promise<Figures> {
  const home = await createHome({ DATA_DIR: dataDir }, { isNew: true });
  try {
    let server = await home.start();
    let person = await newPerson(server.baseUrl);
    const ledger = emptyLedger();
    ledger.appended.push({ id: await newConversation(person), messages: [], unsure: 0 });
    const refused = await writeUntilFull(person, await newConversation(person), ledger);
    context.say(`refused: ${JSON.stringify(refused)}`);
    await makeRoom();
    const isUp = await isReachable(server);
    if (isUp) {
      await whenItWrites(person, ledger);
      await server.end('SIGTERM');
    } else mustBe(/No space left/.test(server.output()), () => `it ended so: ${server.output().slice(-500)}`);
    server = await home.start();
    person = personOf(server.baseUrl, person.token, person);
    await whenItWrites(person, ledger);
    for (const conversation of ledger.appended) await verifyAppended(person, conversation);
    const ready = await verifyDocuments(person, ledger);
    await server.end('SIGTERM');
    await verifyAtRest(home.env);
    return {
      'messages kept': ledger.appended.reduce((sum, { messages }) => sum + messages.length, 0),
      'documents kept': ledger.documents.length,
      'of them ready at the end': ready,
      'requests refused': Object.values(refused).reduce((sum, times) => sum + times, 0),
      'starts to recover': isUp ? 0 : 1,
      lost: 0,
    };
  } finally {
    await home.close();
  }
}

/** @returns how often requests were refused, by how */
async function writeUntilFull(
  person: Person,
  library: string,
  ledger: Ledger,
): Promise<Record<string, number>> {
  const refused: Record<string, number> = {};
  let inARow = 0;
  for (let round = 0; round < roundsAtMost && inARow < refusedInARow; round += 1) {
    const how = round % 4 === 0 ? await upload(person, library, round, ledger) : await append(person, ledger);
    if (how === null) inARow = 0;
    else {
      inARow += 1;
      refused[how] = (refused[how] ?? 0) + 1;
      await pause(betweenRefusedMs);
    }
  }
  mustBe(inARow === refusedInARow, 'the disk never was full');
  return refused;
}

/** @returns how it was refused; null when it was acknowledged */
async function append(person: Person, ledger: Ledger): Promise<string | null> {
  const [conversation] = ledger.appended;
  if (conversation === undefined) throw new Error('there is no conversation');
  const content = `${conversation.messages.length} ${sentence.repeat(messageSentences)}`;
  conversation.unsure += 1;
  const path = `/conversations/${conversation.id}/messages`;
  const sent = await post<Message>(person, path, { role: 'user', content }, 201);
  if (typeof sent === 'string') return sent;
  conversation.unsure -= 1;
  conversation.messages.push({ id: sent.id, content });
  return null;
}

/** @returns how it was refused; null when it was acknowledged */
async function upload(
  person: Person,
  conversationId: string,
  round: number,
  ledger: Ledger,
): Promise<string | null> {
  const text = `Document ${round}. ${sentence.repeat(documentSentences)}`.trim();
  const path = `/conversations/${conversationId}/documents`;
  const sent = await post<{ document: Document }>(person, path, { name: `${round}.txt`, text }, 202);
  if (typeof sent === 'string') return sent;
  ledger.documents.push({ id: sent.document.id, text, conversationId, state: 'there' });
  return null;
}

/** @returns what was acknowledged, or in a word how it was refused @throws BrokenPromise when that says nothing */
async function post<T extends object>(
  person: Person,
  path: string,
  body: unknown,
  acknowledged: number,
): Promise<T | string> {
  try {
    const reply = await person.json<T>('POST', path, body);
    if (reply.status === acknowledged) return reply.body;
    mustBe(
      reply.status === 507 || reply.status === 503,
      () => `POST ${path} on a full disk is answered with ${reply.status}: ${JSON.stringify(reply.body)}`,
    );
    return String(reply.status);
  } catch (error) {
    if (!isLostConnection(error)) throw error;
    return 'connection lost';
  }
}

/** Without another start: the database may be starting anew by itself meanwhile. */
async function whenItWrites(person: Person, ledger: Ledger): Promise<void> {
  const deadline = performance.now() + recoversWithinMs;
  for (;;) {
    const refused = await append(person, ledger);
    if (refused === null) return;
    mustBe(performance.now() < deadline, `with room again a message is still refused: ${refused}`);
    await pause(betweenRefusedMs);
  }
}

async function isReachable({ baseUrl }: ServerProcess): Promise<boolean> {
  return fetch(`${baseUrl}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  );
}
