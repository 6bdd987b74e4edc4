import { chatgptCited } from './cited-chatgpt.ts';
import { listOf, recordOf, textOf, timeOf, titleOf } from './fields.ts';
import { type ImportedMessage, type ImportFormat, refuseTooMany } from './imported.ts';
import { listedOrder } from './listed-order.ts';

/** `conversations.json` of ChatGPT's data export: a tree of nodes, some of them without a message. */
export const chatgpt: ImportFormat = {
  source: 'chatgpt',
  recognises: (item) => recordOf(item['mapping']) !== null,
  read(item) {
    const mapping = recordOf(item['mapping']) ?? {};
    const kept = new Map<string, ImportedMessage>();
    for (const key of listedOrder(mapping, 'children')) {
      refuseTooMany(kept.size);
      const message = messageOf(key, recordOf(mapping[key]) ?? {});
      if (message !== null) kept.set(key, message);
    }
    const known = new Map<string, string | null>();
    const parentOf = (key: unknown): string | null => nearestKept(key, mapping, kept, known);
    for (const message of kept.values())
      message.parentKey = parentOf(recordOf(mapping[message.key])?.['parent']);
    const current = textOf(item['current_node']);
    return {
      source: 'chatgpt',
      externalId: textOf(item['conversation_id']) ?? textOf(item['id']) ?? '',
      title: titleOf(item['title'], 'ChatGPT conversation'),
      createdAt: timeOf(item['create_time']),
      updatedAt: timeOf(item['update_time']),
      messages: [...kept.values()],
      activeKey: current !== null && kept.has(current) ? current : parentOf(current),
      pinned: false,
      archived: item['is_archived'] === true,
      tags: [],
      documents: [],
    };
  },
};

/** The nearest message upwards; null above the first one, and in a circle. Each way is gone once: files come from anybody. */
function nearestKept(
  from: unknown,
  mapping: Record<string, unknown>,
  kept: ReadonlyMap<string, unknown>,
  known: Map<string, string | null>,
): string | null {
  const passed = new Set<string>();
  let key = textOf(from);
  while (key !== null && !kept.has(key) && !known.has(key) && !passed.has(key)) {
    passed.add(key);
    key = textOf(recordOf(Object.hasOwn(mapping, key) ? mapping[key] : null)?.['parent']);
  }
  const found = key !== null && kept.has(key) ? key : (known.get(key ?? '') ?? null);
  for (const one of passed) known.set(one, found);
  return found;
}

function messageOf(key: string, node: Record<string, unknown>): ImportedMessage | null {
  const message = recordOf(node['message']);
  if (message === null) return null;
  const author = recordOf(message['author']) ?? {};
  const given = textOf(author['role']);
  const metadata = recordOf(message['metadata']) ?? {};
  const isHidden = metadata['is_visually_hidden_from_conversation'] === true;
  const content = recordOf(message['content']) ?? {};
  const { text, cited } = chatgptCited(contentOf(content), metadata);
  if (given === 'system' && (isHidden || text.trim() === '')) return null;
  const role = given === 'user' || given === 'system' ? given : 'assistant';
  const tool = given === 'tool' ? (textOf(author['name']) ?? 'tool') : null;
  const recipient = textOf(message['recipient']);
  return {
    key,
    parentKey: null,
    role,
    content: text,
    createdAt: timeOf(message['create_time']),
    metadata: {
      ...(tool === null ? {} : { tool }),
      ...(recipient === null || recipient === 'all' ? {} : { to: recipient }),
      ...(textOf(metadata['model_slug']) === null ? {} : { model: metadata['model_slug'] }),
      ...cited.metadata(),
    },
  };
}

function contentOf(content: Record<string, unknown>): string {
  const parts = listOf(content['parts']).flatMap((part) => {
    const text = textOf(part) ?? textOf(recordOf(part)?.['text']);
    if (text !== null) return text;
    const kind = textOf(recordOf(part)?.['content_type']);
    return kind === null ? [] : `[${kind.replace(/_asset_pointer$/, '')}]`;
  });
  if (parts.length > 0) return parts.join('\n\n');
  const [title, url] = [textOf(content['title']), textOf(content['url'])];
  const body = textOf(content['text']) ?? textOf(content['result']) ?? textOf(content['content']) ?? '';
  const head = [title, url].filter((line) => line !== null && line !== '').join('\n');
  return head === '' || body.startsWith(head) ? body : `${head}\n\n${body}`;
}
