import { createHash } from 'node:crypto';
import { claudeCited, librechatCited } from './cited-others.ts';
import { recordOf, recordsOf, textOf, timeOf, titleOf } from './fields.ts';
import {
  type ImportedConversation,
  type ImportedMessage,
  type ImportFormat,
  refuseTooMany,
} from './imported.ts';

// Formats that are a list of messages, each below the one before.

type Read = Pick<ImportedMessage, 'role' | 'content' | 'createdAt' | 'metadata'> & { key?: string | null };

/** `conversations.json` of Claude's data export. */
export const claude: ImportFormat = {
  source: 'claude',
  recognises: (item) => Array.isArray(item['chat_messages']),
  read(item) {
    const given = messagesIn(item['chat_messages']);
    const read = chain(
      given.map((message) => ({
        key: textOf(message['uuid']),
        role: message['sender'] === 'human' ? 'user' : 'assistant',
        content: claudeText(message),
        createdAt: timeOf(message['created_at']),
        metadata: { ...attachmentsOf(message), ...claudeCited(message).metadata() },
      })),
    );
    // Newer exports say the parent, so that edited questions are branches.
    const keys = new Set(read.messages.map(({ key }) => key));
    for (const [at, message] of given.entries()) {
      const parent = textOf(message['parent_message_uuid']);
      const own = read.messages[at];
      if (own === undefined || parent === null) continue;
      own.parentKey = keys.has(parent) && parent !== own.key ? parent : null;
    }
    const leaf = textOf(item['current_leaf_message_uuid']);
    return {
      ...about('claude', textOf(item['uuid']), titleOf(item['name'], 'Claude conversation')),
      createdAt: timeOf(item['created_at']),
      updatedAt: timeOf(item['updated_at']),
      ...read,
      activeKey: leaf !== null && keys.has(leaf) ? leaf : read.activeKey,
    };
  },
};

function claudeText(message: Record<string, unknown>): string {
  const parts = recordsOf(message['content']).flatMap((part) =>
    part['type'] === 'text' ? (textOf(part['text']) ?? []) : [],
  );
  return parts.length > 0 ? parts.join('\n\n') : (textOf(message['text']) ?? '');
}

function attachmentsOf(message: Record<string, unknown>): Record<string, unknown> {
  const names = [...recordsOf(message['attachments']), ...recordsOf(message['files'])].flatMap(
    (file) => textOf(file['file_name']) ?? [],
  );
  return names.length === 0 ? {} : { attachments: names };
}

/** Chatbot UI, version 4: `history` of the file. */
export const chatbotui: ImportFormat = {
  source: 'chatbotui',
  recognises: (item) =>
    Array.isArray(item['messages']) &&
    'prompt' in item &&
    'temperature' in item &&
    !('conversationId' in item),
  read: (item) => ({
    ...about('chatbotui', textOf(item['id']), titleOf(item['name'], 'Chatbot UI conversation')),
    ...chain(
      messagesIn(item['messages']).map((message) => ({
        role: message['role'] === 'user' ? 'user' : message['role'] === 'system' ? 'system' : 'assistant',
        content: textOf(message['content']) ?? '',
        createdAt: null,
        metadata: {},
      })),
    ),
  }),
};

/** ShareGPT, as training sets use it. */
export const sharegpt: ImportFormat = {
  source: 'sharegpt',
  recognises: (item) => Array.isArray(item['conversations']) && !('mapping' in item),
  read(item) {
    const given = messagesIn(item['conversations']);
    const first = textOf(given[0]?.['value']) ?? '';
    return {
      ...about('sharegpt', textOf(item['id']), titleOf(item['title'] ?? first.slice(0, 80), 'Conversation')),
      ...chain(
        given.map((message) => ({
          role: rolesOfShareGpt[textOf(message['from']) ?? ''] ?? 'assistant',
          content: textOf(message['value']) ?? '',
          createdAt: null,
          metadata: {},
        })),
      ),
    };
  },
};

const rolesOfShareGpt: Readonly<Record<string, ImportedMessage['role']>> = {
  human: 'user',
  user: 'user',
  system: 'system',
};

/** @throws ImportFault */
function messagesIn(list: unknown): Record<string, unknown>[] {
  const messages = recordsOf(list);
  refuseTooMany(messages.length);
  return messages;
}

/** Each below the one before. */
function chain(given: readonly Read[]): Pick<ImportedConversation, 'messages' | 'activeKey'> {
  const messages: ImportedMessage[] = [];
  for (const { key, ...message } of given) {
    const parentKey = messages.at(-1)?.key ?? null;
    messages.push({ ...message, key: key ?? keyByWords(parentKey, message), parentKey });
  }
  return { messages, activeKey: messages.at(-1)?.key ?? null };
}

/** Where the product gives none: the same begin is the same in a later export, and what was asked anew another branch. */
function keyByWords(parentKey: string | null, { role, content }: Read): string {
  return createHash('sha256')
    .update(JSON.stringify([parentKey, role, content]))
    .digest('hex');
}

function about(source: ImportFormat['source'], externalId: string | null, title: string) {
  return {
    source,
    externalId: externalId ?? '',
    title,
    createdAt: null,
    updatedAt: null,
    pinned: false,
    archived: false,
    tags: [],
    documents: [],
  };
}

/** LibreChat: a tree of `children`, or a list whose messages name their parents. */
export const librechat: ImportFormat = {
  source: 'librechat',
  recognises: (item) =>
    typeof item['conversationId'] === 'string' &&
    (Array.isArray(item['messages']) || Array.isArray(item['messagesTree'])),
  read(item) {
    const messages: ImportedMessage[] = [];
    // Deep trees are walked without recursion: files come from anybody.
    const waiting = recordsOf(item['messages'] ?? item['messagesTree']).map((message) => ({
      message,
      above: null as string | null,
    }));
    waiting.reverse();
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      refuseTooMany(messages.length);
      const { message, above } = next;
      const key = textOf(message['messageId']) ?? String(messages.length);
      const { text, cited } = librechatCited(textOf(message['text']) || librechatParts(message), message);
      messages.push({
        key,
        parentKey: textOf(message['parentMessageId']) ?? above,
        role: message['isCreatedByUser'] === true || message['sender'] === 'user' ? 'user' : 'assistant',
        content: text,
        createdAt: timeOf(message['createdAt']),
        metadata: {
          ...(textOf(message['model']) === null ? {} : { model: message['model'] }),
          ...cited.metadata(),
        },
      });
      for (const child of recordsOf(message['children']).toReversed())
        waiting.push({ message: child, above: key });
    }
    const keys = new Set(messages.map(({ key }) => key));
    // The parent of the first ones is nobody: zeroes, or a message that was left out.
    for (const message of messages)
      if (message.parentKey !== null && !keys.has(message.parentKey)) message.parentKey = null;
    const times = messages.flatMap(({ createdAt }) => createdAt ?? []);
    return {
      ...about('librechat', textOf(item['conversationId']), titleOf(item['title'], 'LibreChat conversation')),
      createdAt: times[0] ?? null,
      updatedAt: times.at(-1) ?? null,
      messages,
      activeKey: messages.at(-1)?.key ?? null,
    };
  },
};

function librechatParts(message: Record<string, unknown>): string {
  return recordsOf(message['content'])
    .flatMap((part) => {
      const text = part['text'];
      return textOf(text) ?? textOf(recordOf(text)?.['value']) ?? [];
    })
    .join('\n\n');
}
