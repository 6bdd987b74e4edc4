import { openZip } from '../../src/formats/zip.ts';
import type { Reply } from '../support/app-here.ts';
import { mustBe } from '../support/claims.ts';
import { randomAddress } from '../support/deeds/deed.ts';
import { type Reader, wordsIn } from './canaries.ts';
import { judgeWords } from './judge.ts';
import type { Look } from './look.ts';
import { looksAt, readRoutes } from './looks.ts';
import { textOfPdf } from './pdf-text.ts';
import { branchOf } from './things.ts';
import { mayOpen } from './view.ts';
import type { World } from './world.ts';

export { readRoutes };

/** So long is looked at a stream that has no end. */
const endlessMs = 150;
/** What has changed for so long is told first; who was away for an hour is told nothing. */
const lookBackMs = 20 * 60_000;
const sideBySide = 8;

/** What was looked through for the words of others: each body of an answer and each event of a stream is one. */
export interface Reads {
  bodies: number;
  events: number;
  /** Words that readers did see, by what they looked at: what never shows any proves nothing. */
  seen: Map<string, number>;
}

/** Every reader reads every path that the route table has. @throws BrokenPromise */
export async function readEverything(world: World, routes: readonly string[]): Promise<Reads> {
  const looks = looksAt(world, routes);
  const reads: Reads = { bodies: 0, events: 0, seen: new Map() };
  for (const at of world.readers().keys()) {
    // On a busy machine all of them together take longer than an access token lives.
    await world.keepSignedIn();
    const reader = world.readers()[at] as Reader;
    const rest = looks.values();
    // Side by side, as requests of several people are.
    const reading = async (): Promise<void> => {
      for (const look of rest) await readOne(world, reader, look, reads);
    };
    await Promise.all(Array.from({ length: sideBySide }, reading));
  }
  world.sweeps += 1;
  return reads;
}

async function readOne(world: World, reader: Reader, look: Look, reads: Reads): Promise<void> {
  const reply = await send(world, reader, look);
  const text = await unpacked(reply);
  const what = `${reader.name}, ${look.method} ${look.path} ${JSON.stringify(look.body) ?? ''}`;
  const seen = judgeWords(world, reader, look.place, { ...reply, text }, what);
  // Exports, and links, of one person are few in a minute: one that is put off is no read.
  if (reply.status === 429 && /\/export|^\/s\//.test(look.path)) return;
  reads.seen.set(look.kind, (reads.seen.get(look.kind) ?? 0) + seen);
  judgeStatus(world, reader, look, { ...reply, text }, what);
  if (reply.status === 200 && isLetIn(world, reader, look)) judgeCompleteness(look, reader, text, what);
  const isStream = String(reply.headers['content-type']).startsWith('text/event-stream');
  if (isStream) reads.events += (text.match(/^data:/gm) ?? []).length;
  else reads.bodies += 1;
}

/** A stranger comes from anywhere: what is limited for each address is not what is tried here. */
async function send({ here }: World, { token }: Reader, look: Look): Promise<Reply> {
  const headers = { ...look.headers, ...(token === null ? { 'x-forwarded-for': randomAddress() } : {}) };
  if (look.isEndless !== true) return here.call(look.method, look.path, token, look.body, headers);
  const gone = new AbortController();
  const asked = {
    ...headers,
    // In microseconds.
    'last-event-id': String((Date.now() - lookBackMs) * 1_000),
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
  };
  const response = await fetch(`${here.baseUrl}${look.path}`, { headers: asked, signal: gone.signal });
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
  return {
    status: response.status,
    text,
    bytes: Buffer.alloc(0),
    headers: Object.fromEntries(response.headers),
  };
}

/** The text of an answer; of an archive and of a PDF what stands in it, which their bytes do not show. */
async function unpacked({ status, text, bytes, headers }: Reply): Promise<string> {
  const type = String(headers['content-type']);
  if (status !== 200) return text;
  if (type === 'application/pdf') return textOfPdf(bytes);
  if (type !== 'application/zip') return text;
  const zip = openZip(bytes);
  return zip.names.map((name) => `${name}\n${Buffer.from(zip.read(name) ?? []).toString()}`).join('\n');
}

/** True where it is this reader's to see. */
function isLetIn(world: World, reader: Reader, { place, owner, isThere, conversationId }: Look): boolean {
  if (place.kind === 'link' || place.kind === 'answer') return mayOpen(world, reader, place);
  if (reader.userId === null || !isThere) return false;
  return (owner === null || reader.userId === owner) && [null, conversationId].includes(reader.limitedTo);
}

function judgeStatus(
  world: World,
  reader: Reader,
  look: Look,
  { status, text }: Pick<Reply, 'status' | 'text'>,
  what: string,
): void {
  const told = (): string => `${what} is answered with ${status}: ${text.slice(0, 300)}`;
  mustBe(status < 500, told);
  const { place } = look;
  if (place.kind === 'link' || place.kind === 'answer')
    return mustBe(isStatusOfLink(world, reader, look, status), told);
  if (reader.userId === null) return mustBe(status === 401, told);
  if (look.owner === null) return;
  const isAllowed = isLetIn(world, reader, look);
  // A tool says in its result what it refuses.
  if (look.path === '/mcp') {
    const isRefused = text.includes('"isError":true');
    return mustBe(status === 200 && (isAllowed ? !isRefused : isRefused || !world.refuses), told);
  }
  // A chat's id may be its client's own: one that nobody knows has nothing to go on with.
  const isEmpty = status === 204 && text === '' && look.path.startsWith('/api/chat/');
  if (!isAllowed) return mustBe(!world.refuses || status === 403 || status === 404 || isEmpty, told);
  // A document may still be on its way to a text; a question has neither stream nor trace.
  const hasNone = status === 404 && /^\/(?:messages|documents)\/.*(?:stream|trace|words)/.test(look.path);
  mustBe(status < 300 || [409, 410].includes(status) || hasNone, told);
}

/** A link is open to whom it is for; what is below it, to its recipient alone, and where they take part. */
function isStatusOfLink(world: World, reader: Reader, { place, path }: Look, status: number): boolean {
  if (place.kind !== 'link' && place.kind !== 'answer') return false;
  const opens = mayOpen(world, reader, place);
  const isRefusal = [401, 403, 404].includes(status);
  if (/^\/s\/[^/]+$/.test(path)) {
    // A credential that is worth nothing opens no link either that asks who comes.
    return opens ? status === 200 : isRefusal;
  }
  const takesPart = opens && place.link.takesPart && reader.userId === place.link.recipient;
  if (!takesPart) return isRefusal;
  const isServed = status < 300 || status === 409;
  if (place.kind !== 'answer') return isServed;
  const conversation = world.conversation(place.link.conversationId);
  if (conversation.isBlurred) return isServed || status === 404;
  return branchOf(conversation).some(({ id }) => id === place.id) ? isServed : status === 404;
}

/** What is there is there for its owner: words of messages in the history, words of documents in their texts. */
function judgeCompleteness(
  { complete = [], finder }: Look,
  reader: Reader,
  text: string,
  what: string,
): void {
  if (complete.length === 0) return;
  // Each searches their own; what waits to be indexed cannot be found yet.
  const isElsewhere = finder !== undefined && (finder !== reader.userId || reader.limitedTo !== null);
  if (isElsewhere || text.includes('"indexing":true')) return;
  const seen = new Set(wordsIn(text));
  for (const word of complete) mustBe(seen.has(word), () => `${what} lacks ${word}: ${text.slice(0, 300)}`);
}
