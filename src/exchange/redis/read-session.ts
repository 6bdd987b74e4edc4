import { recordOf, recordsOf, textOf, timeOf, titleOf } from '../import/fields.ts';
import { type ImportedConversation, type ImportedMessage, ImportFault } from '../import/imported.ts';
import { type KeyParts, type MappingRule, matchKey, valueAt } from './mapping.ts';
import type { KeyContent, RedisKey } from './read-keys.ts';

export interface RedisSession {
  conversation: Omit<ImportedConversation, 'source'>;
  /** Whose it was there; null where nothing says. */
  user: string | null;
}

const plain: MappingRule = {
  pattern: '*',
  role: 'role',
  content: 'content',
  order: 'oldest-first',
  roles: {},
};
const namesOfRoles: Readonly<Record<string, ImportedMessage['role']>> = {
  user: 'user',
  human: 'user',
  assistant: 'assistant',
  ai: 'assistant',
  bot: 'assistant',
  chatbot: 'assistant',
  model: 'assistant',
  tool: 'assistant',
  function: 'assistant',
  system: 'system',
};
/** Where sessions of web frameworks keep what was said. */
const places = ['messages', 'history', 'chat_history', 'conversation', 'chat'];
const users = ['user_id', 'userId', 'user', 'email', 'username'];

/**
 * What a key says: LangChain's and LlamaIndex's chat histories, sessions of express, Flask and Starlette that hold
 * messages, and own layouts by the mapping.
 * @throws ImportFault for what holds no conversation
 */
export function readSession(key: RedisKey, mapping: readonly MappingRule[]): RedisSession {
  if (key.content === null) throw new ImportFault(`A ${key.type} holds no conversation.`);
  for (const rule of mapping) {
    const parts = matchKey(key.key, rule.pattern);
    if (parts !== null) return sessionOf(key, rule, parts);
  }
  return sessionOf(key, plain, { user: null, session: null });
}

function sessionOf(key: RedisKey, rule: MappingRule, parts: KeyParts): RedisSession {
  const whole = wholeOf(key.content);
  const raw = rawMessages(key.content, whole, rule);
  // LangChain pushes to the head of its list: the newest comes first.
  const isNewestFirst =
    rule.order === 'newest-first' ||
    (rule === plain && key.content?.kind === 'list' && raw.some(isOfLangChain));
  const read = (isNewestFirst ? raw.toReversed() : raw).flatMap((one) => messageOf(one, rule));
  if (read.length === 0) throw new ImportFault('It holds no messages that are known here.');
  const messages = read.map((message, at) => ({
    ...message,
    key: String(at),
    parentKey: at === 0 ? null : String(at - 1),
  }));
  const expiry = key.expiresAt === null ? {} : { expires_at: key.expiresAt.toISOString() };
  messages[0]!.metadata = { ...messages[0]!.metadata, redis: { key: key.key, ...expiry } };
  const given = rule.title === undefined ? undefined : valueAt(whole, rule.title);
  const first = messages.find(({ role }) => role === 'user')?.content ?? '';
  const times = messages.flatMap(({ createdAt }) => createdAt ?? []);
  return {
    user: parts.user ?? userOf(whole, rule),
    conversation: {
      externalId: key.key,
      title: titleOf(given, titleOf(first.slice(0, 80), parts.session ?? key.key)),
      createdAt: times[0] ?? null,
      updatedAt: times.at(-1) ?? null,
      messages,
      activeKey: messages.at(-1)?.key ?? null,
      pinned: false,
      archived: false,
      tags: [],
      documents: [],
    },
  };
}

/** The value as one thing; null for what is a row of messages already. */
function wholeOf(content: KeyContent | null): unknown {
  if (content?.kind === 'string') return parse(content.text);
  if (content?.kind !== 'hash') return null;
  return Object.fromEntries(
    Object.entries(content.fields).map(([name, text]) => [name, parse(text) ?? text]),
  );
}

function rawMessages(content: KeyContent | null, whole: unknown, rule: MappingRule): unknown[] {
  if (content?.kind === 'list') return content.items.map((text) => parse(text) ?? text);
  if (content?.kind === 'stream')
    return content.entries.map(({ at, fields }) => {
      const inner = parse(fields['data'] ?? fields['message'] ?? fields['json'] ?? '');
      return { time: at.getTime(), ...(recordOf(inner) ?? fields) };
    });
  if (content?.kind === 'string' && whole === null)
    throw new ImportFault(
      /^(?:\x80|[\x81-\x8f]|\ufffd)/.test(content.text)
        ? 'It is pickled or packed by its framework, which is not read: export it as JSON first.'
        : 'It is not JSON.',
    );
  const named = rule.messages === undefined ? undefined : valueAt(whole, rule.messages);
  if (rule.messages !== undefined) return Array.isArray(named) ? named : (listIn(named) ?? []);
  if (Array.isArray(whole)) return whole;
  for (const place of places) {
    const list = listIn(valueAt(whole, place));
    if (list !== null) return list;
  }
  // A hash with a message in each field, numbered or timed by its name.
  const fields = recordsOf(Object.values(recordOf(whole) ?? {}));
  return content?.kind === 'hash' ? fields : [];
}

/** A list, or one that is JSON inside of JSON. */
function listIn(value: unknown): unknown[] | null {
  if (Array.isArray(value)) return value;
  const inner = typeof value === 'string' ? parse(value) : (recordOf(value)?.['messages'] ?? null);
  return Array.isArray(inner) ? inner : null;
}

function isOfLangChain(message: unknown): boolean {
  const record = recordOf(message);
  return record !== null && typeof record['type'] === 'string' && recordOf(record['data']) !== null;
}

function messageOf(given: unknown, rule: MappingRule): Omit<ImportedMessage, 'key' | 'parentKey'>[] {
  const message = recordOf(given);
  if (message === null) return [];
  const data = recordOf(message['data']) ?? {};
  const who =
    textOf(valueAt(message, rule.role)) ??
    textOf(message['type']) ??
    textOf(message['sender']) ??
    textOf(message['from']) ??
    '';
  const role = rule.roles[who] ?? namesOfRoles[who.toLowerCase()];
  const content =
    contentOf(valueAt(message, rule.content)) ??
    contentOf(data['content']) ??
    contentOf(message['blocks']) ??
    contentOf(message['text']) ??
    contentOf(message['message']);
  if (role === undefined || content === null) return [];
  const time = rule.time === undefined ? undefined : valueAt(message, rule.time);
  return [
    {
      role,
      content,
      createdAt: whenOf(
        time ?? message['timestamp'] ?? message['created_at'] ?? message['createdAt'] ?? message['time'],
      ),
      metadata: {},
    },
  ];
}

function whenOf(value: unknown): Date | null {
  return timeOf(typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value);
}

/** Text, or parts of which some are text. */
function contentOf(value: unknown): string | null {
  if (!Array.isArray(value)) return textOf(value);
  const parts = recordsOf(value).flatMap((part) => textOf(part['text']) ?? []);
  return parts.length === 0 ? null : parts.join('\n\n');
}

function userOf(whole: unknown, rule: MappingRule): string | null {
  if (rule.user !== undefined) return wordOf(valueAt(whole, rule.user));
  for (const name of users) {
    const value = valueAt(whole, name);
    const found = wordOf(value) ?? wordOf(valueAt(value, 'email')) ?? wordOf(valueAt(value, 'id'));
    if (found !== null) return found;
  }
  return null;
}

function wordOf(value: unknown): string | null {
  if (typeof value === 'number') return String(value);
  const text = textOf(value)?.trim() ?? '';
  return text === '' || text.length > 200 ? null : text;
}

function parse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}
