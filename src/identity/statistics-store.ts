import { type Column, eq, sql } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import { activity, userCounters, users, work } from '../db/schema.ts';
import type { AdminScope } from './admin-scope.ts';

/** More of one kind are not counted: looking must not cost more than the work itself. */
const countedWork = 10_000;

export interface InstallationCounts {
  users: { total: number; active: number; suspended: number; invited: number; admins: number };
  conversations: number;
  messagesByRole: { user: number; assistant: number; system: number };
  documents: number;
  chunks: number;
  bytes: number;
  inputTokens: number;
  outputTokens: number;
  cacheHits: number;
  cacheMisses: number;
}

/** Sums over all accounts, from the counters that each keeps: no table of content is read. */
export async function readInstallationCounts(db: Database, admin: AdminScope): Promise<InstallationCounts> {
  return db.asAdmin(admin, 'everybody', async (tx) => {
    const [people] = await tx
      .select({
        total: count(sql`true`),
        active: count(sql`${users.status} = 'active'`),
        suspended: count(sql`${users.status} = 'suspended'`),
        invited: count(sql`${users.status} = 'invited'`),
        admins: count(sql`${users.role} = 'admin' AND ${users.status} = 'active'`),
      })
      .from(users);
    const [sums] = await tx
      .select({
        conversations: sum(userCounters.conversations),
        documents: sum(userCounters.documents),
        chunks: sum(userCounters.chunks),
        bytes: sum(userCounters.bytes),
        inputTokens: sum(userCounters.inputTokens),
        outputTokens: sum(userCounters.outputTokens),
        cacheHits: sum(userCounters.cacheHits),
        cacheMisses: sum(userCounters.cacheMisses),
        ...messagesIn(userCounters),
      })
      .from(userCounters);
    const [added] = await tx.select(messagesIn(activity)).from(activity);
    if (people === undefined || sums === undefined || added === undefined)
      throw new Error('the database counted nothing');
    const { user, assistant, system, ...others } = sums;
    const messagesByRole = {
      user: user + added.user,
      assistant: assistant + added.assistant,
      system: system + added.system,
    };
    return { users: people, messagesByRole, ...others };
  });
}

export interface QueueCounts {
  kind: (typeof work.$inferSelect)['kind'];
  waiting: number;
  oldestSeconds: number;
}

/** Work by kind, with how long the oldest of it has been due; by the role that sees what is due. */
export async function readQueueCounts(db: Database, _admin: AdminScope): Promise<QueueCounts[]> {
  return db.asWorker('everybody', async (tx) => {
    const counts: QueueCounts[] = [];
    for (const kind of work.kind.enumValues) {
      const due = tx
        .select({ dueAt: work.dueAt })
        .from(work)
        .where(eq(work.kind, kind))
        .limit(countedWork)
        .as('due');
      const [row] = await tx
        .select({
          waiting: count(sql`true`),
          oldestSeconds: sql<number>`greatest(0, coalesce(extract(epoch FROM now() - min(${due.dueAt})), 0))::float8`,
        })
        .from(due);
      counts.push({ kind, waiting: row?.waiting ?? 0, oldestSeconds: row?.oldestSeconds ?? 0 });
    }
    return counts;
  });
}

/** Counters and days hold messages together: deletions lower the first, appending raises the second. */
function messagesIn(table: typeof userCounters | typeof activity) {
  return {
    user: sum(table.userMessages),
    assistant: sum(table.assistantMessages),
    system: sum(table.systemMessages),
  };
}

function count(condition: ReturnType<typeof sql>) {
  return sql<number>`count(*) FILTER (WHERE ${condition})::int`;
}

/** As a double: sums of bytes pass what fits into 32 bits. */
function sum(column: Column) {
  return sql<number>`coalesce(sum(${column}), 0)::float8`;
}
