import { staticRoutes } from '../../test/isolation/cases.ts';
import { routesOf } from '../../test/http/route-table.ts';
import type { Reply } from '../support/app-here.ts';
import { mustBe } from '../support/claims.ts';
import { mayShow, type Place, type Reader, wordsIn } from './canaries.ts';
import type { World } from './world.ts';

/** One way to look at something, and who owns it. */
interface Look {
  method: 'GET' | 'POST';
  path: string;
  body?: unknown;
  place: Place;
  owner: string | null;
  /** The conversation that it is in, for keys that are limited to one. */
  conversationId: string | null;
  isThere: boolean;
}

/** Of no user: answers without a look at who asks. */
const open = new Set(['/healthz', '/readyz', '/metrics', '/capabilities', '/openapi.json']);
const query = { query: 'What is the code of the vault in the lighthouse?', top_k: 50 };
const strategies = ['keyword', 'rrf_fusion'];

/** Their ids are of nothing that the model knows: test/isolation/routes.test.ts tries them. */
const ofOtherIds = /^\/(?:templates\/|s\/|v1\/models\/)/;
/** So long is looked at a stream that has no end. */
const endlessMs = 150;

/** What was looked through for the words of others: each body of an answer and each event of a stream is one. */
export interface Reads {
  bodies: number;
  events: number;
}

/** Of what is deleted, this many of the latest are looked for: it must not come back. */
const deletedAtMost = 4;
const sideBySide = 8;

/** Every reader reads every path that the route table has. @throws BrokenPromise */
export async function readEverything(world: World, routes: readonly string[]): Promise<Reads> {
  const looks = looksAt(world, routes);
  const reads: Reads = { bodies: 0, events: 0 };
  for (const at of world.readers().keys()) {
    // On a busy machine all of them together take longer than an access token lives.
    await world.keepSignedIn();
    const reader = world.readers()[at] as Reader;
    const rest = looks.values();
    // Side by side, as requests of several people are.
    const reading = async (): Promise<void> => {
      for (const look of rest) {
        const events = await readOne(world, reader, look);
        if (events === null) reads.bodies += 1;
        else reads.events += events;
      }
    };
    await Promise.all(Array.from({ length: sideBySide }, reading));
  }
  return reads;
}

/** The routes that only read, whole pages of them; those of pages and of the reference show nothing of a user. */
export async function readRoutes({ here }: Pick<World, 'here'>): Promise<string[]> {
  const { text } = await here.call('GET', '/openapi.json', null);
  const { paths } = JSON.parse(text) as {
    paths: Record<string, { get?: { parameters?: { name: string }[] } }>;
  };
  const isPaged = (path: string): boolean =>
    paths[path.replace(':id', '{id}')]?.get?.parameters?.some(({ name }) => name === 'limit') === true;
  return routesOf(here.app)
    .filter((route) => route.startsWith('GET ') && !staticRoutes.has(route))
    .map((route) => route.slice('GET '.length))
    .map((path) => (isPaged(path) ? `${path}?limit=200` : path))
    .map((path) => (path === '/documents/:id/words' ? `${path}?page=1` : path));
}

function looksAt(world: World, routes: readonly string[]): Look[] {
  const looks: Look[] = [];
  for (const path of routes) {
    if (ofOtherIds.test(path)) continue;
    if (!path.includes(':id')) {
      looks.push({
        method: 'GET',
        path,
        place: { kind: 'account' },
        owner: null,
        conversationId: null,
        isThere: true,
      });
    } else if (path.startsWith('/documents/')) looks.push(...documentLooks(world, path));
    else if (path.startsWith('/messages/')) looks.push(...messageLooks(world, path));
    else looks.push(...conversationLooks(world, path));
  }
  for (const { id, owner, isAlive } of known(world.conversations)) {
    for (const strategy of strategies) {
      looks.push({
        method: 'POST',
        path: `/conversations/${id}/retrieve`,
        body: { ...query, strategy },
        place: { kind: 'retrieval', conversationId: id },
        owner,
        conversationId: id,
        isThere: isAlive,
      });
    }
  }
  return looks.filter(({ path }) => !open.has(path.split('?')[0] ?? ''));
}

/** What is there, and what was deleted last. */
function known<T extends { isAlive: boolean }>(things: readonly T[]): T[] {
  const deleted = things.filter(({ isAlive }) => !isAlive).slice(-deletedAtMost);
  return [...things.filter(({ isAlive }) => isAlive), ...deleted];
}

function documentLooks({ documents }: World, route: string): Look[] {
  return known(documents).map(({ id, owner, conversationId, isAlive }) => ({
    method: 'GET',
    path: route.replace(':id', id),
    place: { kind: 'document', documentId: id },
    owner,
    conversationId,
    isThere: isAlive,
  }));
}

function messageLooks({ conversations }: World, route: string): Look[] {
  return known(conversations).flatMap(({ id: conversationId, owner, isAlive, messageIds }) =>
    messageIds.slice(-1).map((id) => ({
      method: 'GET' as const,
      path: route.replace(':id', id),
      place: { kind: 'conversation' as const, conversationId },
      owner,
      conversationId,
      isThere: isAlive,
    })),
  );
}

function conversationLooks({ conversations }: World, route: string): Look[] {
  return known(conversations).map(({ id, owner, isAlive }) => ({
    method: 'GET',
    path: route.replace(':id', id),
    place: { kind: 'conversation', conversationId: id },
    owner,
    conversationId: id,
    isThere: isAlive,
  }));
}

/** @returns how many events a stream had; null where it was no stream */
async function readOne(world: World, reader: Reader, look: Look): Promise<number | null> {
  const reply =
    look.path === '/events'
      ? await readEndless(world, reader)
      : await world.here.call(look.method, look.path, reader.token, look.body);
  const what = `${reader.name}, ${look.method} ${look.path}`;
  judgeWords(world, reader, look.place, reply, what);
  // Exports of one person are few in a minute: one that is put off is no read.
  if (reply.status === 429 && look.path.endsWith('/export')) return 0;
  judgeStatus(world, reader, look, reply, what);
  if (reply.status === 200 && isOwn(reader, look)) judgeCompleteness(world, look, reply, what);
  const isStream = String(reply.headers['content-type']).startsWith('text/event-stream');
  return isStream ? (reply.text.match(/^data:/gm) ?? []).length : null;
}

/** What a stream says before the reader goes away. */
async function readEndless({ here }: World, { token }: Reader): Promise<Reply> {
  const gone = new AbortController();
  // All that has changed since the beginning.
  const headers = {
    'last-event-id': '1',
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
  };
  const response = await fetch(`${here.baseUrl}/events`, { headers, signal: gone.signal });
  const timer = setTimeout(() => gone.abort(), endlessMs);
  let text = '';
  try {
    const decoder = new TextDecoder();
    for await (const bytes of response.body ?? []) text += decoder.decode(bytes, { stream: true });
  } catch {
    // The reader has gone.
  } finally {
    clearTimeout(timer);
  }
  return { status: response.status, text, headers: Object.fromEntries(response.headers) };
}

/** No answer, of whatever status, shows a word that is not this reader's to see here. */
export function judgeWords(world: World, reader: Reader, place: Place, reply: Reply, what: string): void {
  const headers = Object.values(reply.headers).flatMap((value) => wordsIn(String(value)));
  for (const word of [...wordsIn(reply.text), ...headers]) {
    const canary = world.canaries.get(word);
    mustBe(
      canary !== undefined && mayShow(canary, reader, place),
      () =>
        `${what} (${reply.status}) shows ${word} of ${JSON.stringify({ ...canary, quotedIn: [...(canary?.quotedIn ?? [])] })}: ${reply.text.slice(0, 400)}`,
    );
  }
}

function isOwn(reader: Reader, { owner }: Look): boolean {
  return reader.userId !== null && reader.userId === owner;
}

function judgeStatus(
  { refuses }: World,
  reader: Reader,
  look: Look,
  { status, text }: Reply,
  what: string,
): void {
  const told = (): string => `${what} is answered with ${status}: ${text.slice(0, 300)}`;
  mustBe(status < 500, told);
  if (reader.userId === null) return mustBe(status === 401, told);
  if (look.owner === null) return;
  const isAllowed =
    isOwn(reader, look) && look.isThere && [null, look.conversationId].includes(reader.limitedTo);
  // A chat's id may be its client's own: one that nobody knows has nothing to go on with.
  const isEmpty = status === 204 && text === '' && look.path.startsWith('/api/chat/');
  if (!isAllowed) mustBe(!refuses || status === 403 || status === 404 || isEmpty, told);
  // A document may still be on its way to a text; a question has neither stream nor trace.
  else
    mustBe(
      status < 300 || [409, 410].includes(status) || (status === 404 && look.path.startsWith('/messages/')),
      told,
    );
}

/** What is there is there for its owner: words of messages in the history, words of documents in their texts. */
function judgeCompleteness(world: World, { path, place }: Look, { text }: Reply, what: string): void {
  const isHistory =
    place.kind === 'conversation' && path.startsWith(`/conversations/${place.conversationId}?`);
  const isText = place.kind === 'document' && path.endsWith('/text');
  if (!isHistory && !isText) return;
  const seen = new Set(wordsIn(text));
  for (const canary of world.canaries.values()) {
    if (!canary.isAlive || canary.isUnsure) continue;
    const isMessage =
      isHistory && canary.kind === 'message' && canary.conversationId === place.conversationId;
    const isDocument = isText && canary.documentId === place.documentId;
    if (isMessage || isDocument) mustBe(seen.has(canary.word), () => `${what} lacks ${canary.word}`);
  }
}
