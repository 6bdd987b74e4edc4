import type { SessionMessage } from './session.ts';

type Fields = Record<string, unknown>;

const roles: Record<string, SessionMessage['role'] | 'tool'> = {
  human: 'user',
  humanmessage: 'user',
  user: 'user',
  customer: 'user',
  me: 'user',
  ai: 'assistant',
  aimessage: 'assistant',
  aimessagechunk: 'assistant',
  assistant: 'assistant',
  bot: 'assistant',
  model: 'assistant',
  chatbot: 'assistant',
  agent: 'assistant',
  system: 'system',
  systemmessage: 'system',
  developer: 'system',
  tool: 'tool',
  toolmessage: 'tool',
  function: 'tool',
  functionmessage: 'tool',
};

const roleNames = ['role', 'type', 'sender', 'from', 'author', 'speaker', 'who'];
const contentNames = ['content', 'text', 'message', 'body', 'value', 'blocks', 'parts'];
const timeNames = ['created_at', 'createdAt', 'timestamp', 'time', 'date', 'ts', 'at', 'created'];
/** A question and its answer in one object. */
const pairNames: readonly (readonly [string, string])[] = [
  ['user', 'assistant'],
  ['human', 'ai'],
  ['question', 'answer'],
  ['input', 'output'],
  ['prompt', 'response'],
  ['query', 'answer'],
  ['query', 'response'],
  ['user', 'bot'],
];

/** Names that the operator has given in place of those that are known. */
export interface MessageNames {
  role?: string | undefined;
  content?: string | undefined;
  time?: string | undefined;
  roles?: Record<string, SessionMessage['role']> | undefined;
}

export type ReadMessage =
  | { kind: 'messages'; messages: SessionMessage[] }
  /** What a tool said: goes with the message before it. */
  | { kind: 'tool'; said: Fields }
  | { kind: 'unknown' };

/** One entry of a history, in whichever of the known forms. */
export function readMessage(entry: unknown, names: MessageNames = {}): ReadMessage {
  if (!isFields(entry)) return { kind: 'unknown' };
  const flat = flatten(entry);
  const role = roleOf(flat, names);
  const text = contentOf(flat, names);
  if (role !== undefined && text !== null) {
    if (role === 'tool') return { kind: 'tool', said: flat };
    const at = timeOf(flat, names);
    return { kind: 'messages', messages: [{ role, content: text, at, extra: extraOf(flat, names) }] };
  }
  const pair = pairNames.find(([asked, answered]) => isText(flat[asked]) && isText(flat[answered]));
  if (pair === undefined) return { kind: 'unknown' };
  const [asked, answered] = pair;
  const at = timeOf(flat, names);
  const { [asked]: question, [answered]: answer, ...extra } = flat;
  return {
    kind: 'messages',
    messages: [
      { role: 'user', content: String(question), at, extra: {} },
      { role: 'assistant', content: String(answer), at, extra: withoutTimes(extra) },
    ],
  };
}

/** LangChain keeps a message under `data`, or under `kwargs` of its constructor; the outer type is the role. */
function flatten(entry: Fields): Fields {
  if (isFields(entry['data']) && ('content' in entry['data'] || 'text' in entry['data'])) {
    const { data, ...outer } = entry;
    return { ...withoutUndefined(data), ...outer };
  }
  if (entry['lc'] !== undefined && isFields(entry['kwargs'])) {
    const name = Array.isArray(entry['id']) ? String(entry['id'].at(-1)) : undefined;
    return { ...entry['kwargs'], type: name };
  }
  return entry;
}

function roleOf(fields: Fields, names: MessageNames): SessionMessage['role'] | 'tool' | undefined {
  const given = names.role === undefined ? roleNames : [names.role];
  for (const name of given) {
    const value = fields[name];
    if (typeof value !== 'string') continue;
    const role = names.roles?.[value] ?? roles[value.toLowerCase()];
    if (role !== undefined) return role;
  }
  return undefined;
}

function contentOf(fields: Fields, names: MessageNames): string | null {
  for (const name of names.content === undefined ? contentNames : [names.content]) {
    const text = textOf(fields[name]);
    if (text !== null) return text;
  }
  return null;
}

/** A text, or the texts of its parts. */
function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) {
    const texts = value.map((part) => textOf(isFields(part) ? (part['text'] ?? part['content']) : part));
    const known = texts.filter((text) => text !== null);
    return known.length === 0 ? null : known.join('\n');
  }
  if (isFields(value) && Array.isArray(value['parts'])) return textOf(value['parts']);
  return null;
}

function timeOf(fields: Fields, names: MessageNames): Date | null {
  for (const name of names.time === undefined ? timeNames : [names.time]) {
    const time = readTime(fields[name]);
    if (time !== null) return time;
  }
  return null;
}

/** Seconds, milliseconds or microseconds since 1970, or a date as text. Null for what is none of this century. */
export function readTime(value: unknown): Date | null {
  if (value === '' || (typeof value !== 'string' && typeof value !== 'number')) return null;
  const number = typeof value === 'number' ? value : Number(value);
  const ms = Number.isFinite(number)
    ? number > 1e14
      ? number / 1000
      : number > 1e11
        ? number
        : number * 1000
    : Date.parse(value as string);
  const date = new Date(Math.round(ms));
  return date.getTime() > 946_684_800_000 && date.getTime() < 4_102_444_800_000 ? date : null;
}

/** What the message says beside role, text and time; what `metadata` holds comes to the top. */
function extraOf(fields: Fields, names: MessageNames): Fields {
  const used = new Set([
    names.role ?? '',
    names.content ?? '',
    names.time ?? '',
    ...roleNames,
    ...contentNames,
  ]);
  const rest = Object.entries(withoutTimes(fields)).filter(
    ([name, value]) => !used.has(name) && value !== null && !isEmpty(value),
  );
  const { metadata, message_metadata: more, ...extra } = Object.fromEntries(rest);
  return { ...extra, ...(isFields(metadata) ? metadata : {}), ...(isFields(more) ? more : {}) };
}

function withoutTimes(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !timeNames.includes(name)));
}

function withoutUndefined(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
