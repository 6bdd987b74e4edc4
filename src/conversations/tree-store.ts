import type { Statement } from '../db/database.ts';
import type { MessageRow } from './message-store.ts';
import type { ConversationScope } from './scope.ts';

/** A message that was written elsewhere; parents come before their children. */
export interface KeptMessage {
  id: string;
  parentId: string | null;
  role: MessageRow['role'];
  content: string;
  metadata: unknown;
  /** `complete` when left out. */
  status?: MessageRow['status'];
  feedback?: KeptFeedback | null;
  createdAt: Date;
}

export interface KeptFeedback {
  rating: NonNullable<MessageRow['feedback']>;
  reason: string | null;
  at: Date;
}

export interface KeptTree {
  messages: readonly KeptMessage[];
  activeLeafId: string | null;
  createdAt: Date;
  lastMessageAt: Date | null;
}

const manyMessages = 500;
/**
 * In a table that was small when its plans were made, PostgreSQL looks for each message's parent by reading all of it:
 * 10,000 messages took more than 30 s. And where its statistics expect one message of a conversation, every index that
 * begins with the conversation costs the same: by one of them it reads all messages for each. Of bitmaps that cost the
 * same it takes the narrowest, which is that of the key.
 */
const lookUpByIndex: readonly Statement[] = [
  'DISCARD PLANS',
  'SET LOCAL enable_seqscan = off',
  'SET LOCAL enable_indexscan = off',
  'SET LOCAL cpu_operator_cost = 0',
].map((text) => ({ name: '', text, values: [] }));

/**
 * Fills a conversation that the same transaction has begun with messages in the order of the list, at their own times.
 * They are not activity of today: only the totals count them.
 */
export function treeStatements(scope: ConversationScope, tree: KeptTree): Statement[] {
  const { userId, conversationId } = scope;
  const { messages, activeLeafId, createdAt, lastMessageAt } = tree;
  return [
    ...insertTree(scope, messages),
    {
      name: 'count_tree',
      text: `UPDATE conversations SET next_seq = $3::int + 1, message_count = $3::int, active_leaf_id = $4::uuid,
          created_at = $5, last_message_at = $6::timestamptz, activity_at = coalesce($6::timestamptz, $5)
        WHERE user_id = $1 AND id = $2`,
      values: [userId, conversationId, messages.length, activeLeafId, createdAt, lastMessageAt],
    },
    countKept(scope, messages),
  ];
}

/** What a conversation has got elsewhere since it was filled. */
export interface TreeExtension {
  messages: readonly KeptMessage[];
  /** Taken over where the active leaf is still the one that it was when the extension was made. */
  activeLeaf: { before: string | null; after: string | null };
  lastMessageAt: Date | null;
}

/**
 * Adds messages below those of a conversation, at their own times. Nothing that is there is changed; the active branch
 * moves only if nobody has moved it meanwhile. The first statement returns a row while the conversation is there.
 */
export function extendTreeStatements(
  scope: ConversationScope,
  extension: TreeExtension,
  now: Date,
): Statement[] {
  const { userId, conversationId } = scope;
  const { messages, activeLeaf, lastMessageAt } = extension;
  return [
    // Appends take this row first too: the numbers that follow are nobody else's.
    {
      name: 'lock_to_extend',
      text: 'SELECT id FROM conversations WHERE user_id = $1 AND id = $2 FOR UPDATE',
      values: [userId, conversationId],
    },
    ...insertTree(scope, messages),
    {
      name: 'count_extension',
      text: `UPDATE conversations SET next_seq = next_seq + $3::int, message_count = message_count + $3::int,
          active_leaf_id = CASE WHEN active_leaf_id IS NOT DISTINCT FROM $4::uuid THEN $5::uuid ELSE active_leaf_id END,
          last_message_at = greatest(last_message_at, $6::timestamptz),
          activity_at = greatest(activity_at, $6::timestamptz), updated_at = $7::timestamptz
        WHERE user_id = $1 AND id = $2`,
      values: [
        userId,
        conversationId,
        messages.length,
        activeLeaf.before,
        activeLeaf.after,
        lastMessageAt,
        now,
      ],
    },
    countKept(scope, messages),
  ];
}

function insertTree(scope: ConversationScope, messages: readonly KeptMessage[]): Statement[] {
  const { userId, conversationId } = scope;
  return [
    ...(messages.length > manyMessages ? lookUpByIndex : []),
    // From a table that lies where the messages do: Citus would copy rows of a function alone past the policies, and may not.
    {
      name: 'keep_tree_messages',
      text: `INSERT INTO messages (user_id, conversation_id, id, parent_id, seq, role, content, status, metadata, created_at,
          feedback, feedback_reason, feedback_at)
        SELECT c.user_id, c.id, m.i, m.p, c.next_seq + m.s, m.r, m.c, m.z, m.m, m.t, m.f, m.w, m.a
        FROM conversations c, jsonb_to_recordset($3::jsonb) AS m(i uuid, p uuid, s int, r text, c text, z text,
          m jsonb, t timestamptz, f text, w text, a timestamptz)
        WHERE c.user_id = $1 AND c.id = $2`,
      values: [
        userId,
        conversationId,
        JSON.stringify(
          messages.map((one, at) => ({
            i: one.id,
            p: one.parentId,
            s: at,
            r: one.role,
            c: one.content,
            z: one.status ?? 'complete',
            m: one.metadata,
            t: one.createdAt,
            f: one.feedback?.rating,
            w: one.feedback?.reason,
            a: one.feedback?.at,
          })),
        ),
      ],
    },
  ];
}

function countKept({ userId }: ConversationScope, messages: readonly KeptMessage[]): Statement {
  const count = (role: MessageRow['role']): number => messages.filter((one) => one.role === role).length;
  return {
    name: 'count_kept_messages',
    text: `UPDATE user_counters SET user_messages = user_messages + $2, assistant_messages = assistant_messages + $3,
        system_messages = system_messages + $4 WHERE user_id = $1`,
    values: [userId, count('user'), count('assistant'), count('system')],
  };
}
