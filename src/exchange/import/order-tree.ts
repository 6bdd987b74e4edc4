import type { KeptMessage } from '../../conversations/tree-store.ts';
import { type ImportedConversation, type ImportedMessage, ImportFault, refuseTooMany } from './imported.ts';

const maxCharacters = 1_000_000;
/** What one transaction takes at once. */
const maxTotalCharacters = 64_000_000;

export interface OrderedMessage extends KeptMessage {
  /** The item says when it was written. */
  isDated: boolean;
}

export interface OrderedTree {
  messages: OrderedMessage[];
  activeLeafId: string | null;
  branches: number;
  lastMessageAt: Date | null;
}

/**
 * The messages under ids of their own, parents before children, siblings in their order. Whatever the file says of parents, what
 * comes out is a tree.
 * @throws ImportFault for circles and for what is too large
 */
export function orderTree(
  { messages, activeKey, createdAt }: ImportedConversation,
  idOf: (key: string) => string,
  now: Date,
): OrderedTree {
  refuseTooMany(messages.length);
  const total = messages.reduce((sum, { content }) => sum + content.length, 0);
  if (messages.some(({ content }) => content.length > maxCharacters) || total > maxTotalCharacters)
    throw new ImportFault('One of its messages, or all of them together, are too long.');
  const ids = new Map<string, string>();
  for (const { key } of messages) {
    if (ids.has(key)) throw new ImportFault('Two of its messages have the same id.');
    ids.set(key, '');
  }
  const children = Map.groupBy(messages, ({ parentKey }) =>
    parentKey !== null && ids.has(parentKey) ? parentKey : null,
  );
  const ordered: OrderedMessage[] = [];
  const waiting = (children.get(null) ?? []).toReversed();
  let last = createdAt ?? now;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    last = next.createdAt ?? last;
    const id = idOf(next.key);
    ids.set(next.key, id);
    ordered.push(keep(next, id, ids, last));
    waiting.push(...(children.get(next.key) ?? []).toReversed());
  }
  // Who is not below a root is in a circle.
  if (ordered.length < messages.length) throw new ImportFault('Its messages follow each other in a circle.');
  const isParent = new Set(ordered.map(({ parentId }) => parentId));
  const leaf = activeKey === null ? undefined : ids.get(activeKey);
  return {
    messages: ordered,
    activeLeafId: leaf || (ordered.at(-1)?.id ?? null),
    branches: ordered.filter(({ id }) => !isParent.has(id)).length,
    lastMessageAt: ordered.reduce<Date | null>(
      (latest, one) => (latest === null || one.createdAt > latest ? one.createdAt : latest),
      null,
    ),
  };
}

function keep(
  message: ImportedMessage,
  id: string,
  ids: ReadonlyMap<string, string>,
  at: Date,
): OrderedMessage {
  const { parentKey, role, content, metadata, status, feedback = null } = message;
  return {
    id,
    parentId: (parentKey === null ? undefined : ids.get(parentKey)) || null,
    role,
    content,
    metadata,
    feedback,
    createdAt: at,
    isDated: message.createdAt !== null,
    ...(status === undefined ? {} : { status }),
  };
}
