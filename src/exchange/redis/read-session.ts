import { decode } from '@msgpack/msgpack';
import type { Layout } from './mapping.ts';
import { isFields, type MessageNames, readMessage, readTime } from './read-message.ts';
import type { Session, SessionMessage, SessionPart, StoredKey, StoredValue } from './session.ts';

export type Recognised =
  | { kind: 'session'; session: Session }
  | { kind: 'part'; part: SessionPart }
  /** Nothing of it is taken; the reason is a phrase. */
  | { kind: 'skipped'; reason: string };

const historyNames = [
  'messages',
  'chat_history',
  'chatHistory',
  'history',
  'conversation',
  'chat',
  'turns',
  'dialog',
  'memory',
];
const userNames = ['user_id', 'userId', 'uid', 'email', 'username', 'user', 'passport', 'account', 'sub'];
const titleNames = ['title', 'name', 'subject', 'topic'];
const createdNames = ['created_at', 'createdAt', 'created', 'started_at'];
/** A session as frameworks keep it may hold its history some levels down. */
const maxDepth = 4;

interface Entry {
  value: unknown;
  at: Date | null;
}

/** What a key holds: a session, a message of one, or nothing that is a conversation. */
export function readSession({ key, value, ttlMs }: StoredKey, layout: Layout | null): Recognised {
  const read = entriesOf(value, layout);
  if ('reason' in read) return { kind: 'skipped', reason: read.reason };
  const { entries, fields, newestFirst } = read;
  const names: MessageNames = { ...layout?.message };
  const messages = readAll(entries, names);
  if (messages.length === 0) return { kind: 'skipped', reason: 'no messages' };
  const isReversed = layout?.newestFirst ?? newestFirst;
  if (isReversed) messages.reverse();
  const session: Session = {
    id: key,
    user: layout?.user ?? userOf(fields, layout?.userPath),
    title: textAt(fields, layout?.titlePath === undefined ? titleNames : [layout.titlePath]),
    createdAt: createdNames.map((name) => readTime(at(fields, name))).find((time) => time !== null) ?? null,
    messages: inOrder(messages),
    ttlMs,
  };
  if (read.group === null) return { kind: 'session', session };
  return { kind: 'part', part: { ...session, id: read.group, isPart: true } };
}

interface Entries {
  entries: Entry[];
  /** What says whose session it is, and how it is called. */
  fields: unknown;
  newestFirst: boolean;
  /** Set when the key holds one message of a session. */
  group: string | null;
}

function entriesOf(value: StoredValue, layout: Layout | null): Entries | { reason: string } {
  const whole = { fields: null, newestFirst: false, group: null };
  switch (value.type) {
    case 'list': {
      const items = value.items.map((item) => ({ value: parse(item), at: null }));
      // LangChain pushes to the left.
      const newestFirst = items.some(({ value: item }) => isFields(item) && isFields(item['data']));
      return { ...whole, entries: items, newestFirst };
    }
    case 'zset':
      return {
        ...whole,
        entries: value.members.map(({ value: member, score }) => ({
          value: parse(member),
          at: readTime(score),
        })),
      };
    case 'stream':
      return {
        ...whole,
        entries: value.entries.map(({ id, fields }) => ({
          value: entryOf(fields),
          at: readTime(Number(id.split('-', 1)[0])),
        })),
      };
    case 'hash':
      return ofObject(parseFields(value.fields), layout);
    case 'json':
      return ofObject(value.value, layout);
    case 'string': {
      const object = decodeString(value.bytes);
      return object === undefined ? { reason: reasonOf(value.bytes) } : ofObject(object, layout);
    }
    case 'other':
      return { reason: `a ${value.name}` };
    default:
      return value satisfies never;
  }
}

/** An object with a history in it, or a single message of a session. */
function ofObject(object: unknown, layout: Layout | null): Entries | { reason: string } {
  const history =
    layout?.messagesPath === undefined ? findHistory(object) : list(at(object, layout.messagesPath));
  if (history !== null) {
    const entries = history.map((value) => ({ value, at: null }));
    return { entries, fields: object, newestFirst: false, group: null };
  }
  const group =
    layout?.session ?? textAt(object, ['session_id', 'sessionId', 'conversation_id', 'thread_id']);
  if (group !== null && readMessage(object, layout?.message).kind === 'messages')
    return { entries: [{ value: object, at: null }], fields: object, newestFirst: false, group };
  return { reason: 'no messages' };
}

/** The first list of messages, nearest to the top. */
function findHistory(object: unknown, depth = 0): unknown[] | null {
  if (Array.isArray(object)) return isHistory(object) ? object : null;
  if (!isFields(object) || depth >= maxDepth) return null;
  for (const name of historyNames) {
    const found = list(object[name]);
    if (found !== null && isHistory(found)) return found;
  }
  for (const value of Object.values(object)) {
    const found = findHistory(value, depth + 1);
    if (found !== null) return found;
  }
  return null;
}

function isHistory(items: readonly unknown[]): boolean {
  return items.some((item) => readMessage(item).kind !== 'unknown');
}

/** A list as such, as JSON in a text, or as an object whose keys are numbers. */
function list(value: unknown): unknown[] | null {
  const parsed = typeof value === 'string' ? parse(value) : value;
  if (Array.isArray(parsed)) return parsed.map((item) => (typeof item === 'string' ? parse(item) : item));
  if (isFields(parsed) && Object.keys(parsed).every((name) => /^\d+$/.test(name)))
    return Object.values(parsed);
  return null;
}

function readAll(entries: readonly Entry[], names: MessageNames): SessionMessage[] {
  const messages: SessionMessage[] = [];
  // A message may be followed by any number of tools.
  const saidAfter = new Map<SessionMessage, unknown[]>();
  for (const { value, at: time } of entries) {
    const read = readMessage(value, names);
    if (read.kind === 'messages')
      messages.push(...read.messages.map((one) => ({ ...one, at: one.at ?? time })));
    const before = messages.at(-1);
    if (read.kind !== 'tool' || before === undefined) continue;
    const given = before.extra['tool_messages'];
    const said = saidAfter.get(before) ?? (Array.isArray(given) ? [...(given as unknown[])] : []);
    said.push(read.said);
    if (saidAfter.has(before)) continue;
    saidAfter.set(before, said);
    before.extra = { ...before.extra, tool_messages: said };
  }
  return messages;
}

/** By their times where every message has one; else as the store had them. */
function inOrder(messages: SessionMessage[]): SessionMessage[] {
  if (messages.some((message) => message.at === null)) return messages;
  return messages.toSorted((a, b) => Number(a.at) - Number(b.at));
}

function userOf(fields: unknown, path: string | undefined): string | null {
  if (path !== undefined) return textAt(fields, [path]);
  return textAt(fields, userNames) ?? textAt(at(fields, 'session'), userNames);
}

/** The first of these that is a text or a number, or an object that names somebody. */
function textAt(fields: unknown, names: readonly string[]): string | null {
  for (const name of names) {
    const value = at(fields, name);
    if (typeof value === 'string' && value.trim() !== '') return value.trim();
    if (typeof value === 'number') return String(value);
    const inner = isFields(value) ? textAt(value, ['email', 'id', 'user', '_id', 'sub', 'username']) : null;
    if (inner !== null) return inner;
  }
  return null;
}

/** What lies at a path of names with dots between. */
function at(value: unknown, path: string): unknown {
  let here = value;
  for (const name of path.split('.')) {
    if (typeof here === 'string') here = parse(here);
    if (Array.isArray(here) && /^\d+$/.test(name)) here = here[Number(name)];
    else if (isFields(here) && Object.hasOwn(here, name)) here = here[name];
    else return undefined;
  }
  return here;
}

/** A stream's entry: its fields are the message, or one of them holds it. */
function entryOf(fields: Record<string, string>): unknown {
  const parsed = parseFields(fields);
  const inner = Object.values(parsed).find((value) => readMessage(value).kind !== 'unknown');
  return readMessage(parsed).kind === 'unknown' && inner !== undefined ? inner : parsed;
}

function parseFields(fields: Record<string, string>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, parseIfJson(value)]));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** A field's text stays what it is unless it is an object or a list: "42" is a name as well. */
function parseIfJson(text: string): unknown {
  return /^\s*[[{]/.test(text) ? parse(text) : text;
}

/** JSON, or MessagePack as Flask-Session writes it. */
function decodeString(bytes: Buffer): unknown {
  const parsed = parse(bytes.toString('utf8'));
  if (typeof parsed === 'object' && parsed !== null) return parsed;
  // Pickled data runs code when it is read.
  if (isPickled(bytes)) return undefined;
  try {
    const decoded = decode(bytes);
    return typeof decoded === 'object' && decoded !== null ? decoded : undefined;
  } catch {
    return undefined;
  }
}

function reasonOf(bytes: Buffer): string {
  return isPickled(bytes) ? pickled : 'neither JSON nor MessagePack';
}

const pickled = 'pickled Python, which is never read here: reading it would run what it holds';

/** Protocols 2 to 5 say so at their beginning; 0 and 1 begin as the dict, list or object that they hold. All end alike. */
function isPickled(bytes: Buffer): boolean {
  if (bytes.at(-1) !== 0x2e) return false;
  if (bytes[0] === 0x80) return (bytes[1] ?? 0) <= 5;
  return /^(?:\([dl]p?\d*\n|\(?[\]}]q.|c[\w.]+\n\w+\n)/s.test(bytes.toString('latin1', 0, 200));
}
