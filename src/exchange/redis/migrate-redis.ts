import { ConversationScope } from '../../conversations/scope.ts';
import type { Database } from '../../db/database.ts';
import { findImported, insertImported } from '../import/import-store.ts';
import { ImportFault } from '../import/imported.ts';
import { orderTree } from '../import/order-tree.ts';
import { createAccounts } from './accounts.ts';
import type { MappingRule } from './mapping.ts';
import type { RedisKey, RedisReader } from './read-keys.ts';
import { readSession } from './read-session.ts';

export interface MigrationOptions {
  pattern: string;
  mapping: readonly MappingRule[];
  /** Whose sessions are that name nobody: an e-mail address. */
  user: string | null;
  dryRun: boolean;
}

export interface MigratedKey {
  key: string;
  outcome: 'migrated' | 'unchanged' | 'skipped';
  user: string | null;
  messages: number;
  /** Why it was skipped. */
  reason: string | null;
}

/** The embedded database has one connection; PostgreSQL takes several conversations at once. */
const atOnce = { pglite: 1, postgresql: 8 };

/**
 * Makes conversations of the sessions in Redis, key by key, and never writes to it. What was migrated before is left as
 * it is, so that the same call goes on after it was cut off.
 */
export async function* migrateRedis(
  redis: RedisReader,
  options: MigrationOptions,
  db: Database,
  now: () => Date,
): AsyncGenerator<MigratedKey> {
  const accountOf = createAccounts(db, options.user, now);
  const seen = new Set<string>();

  async function migrate(key: RedisKey): Promise<MigratedKey> {
    const known: MigratedKey = { key: key.key, outcome: 'skipped', user: null, messages: 0, reason: null };
    try {
      const { conversation, user } = readSession(key, options.mapping);
      const tree = orderTree({ ...conversation, source: 'alcove' }, now());
      Object.assign(known, { user: user ?? options.user, messages: tree.messages.length });
      const account = await accountOf(user, !options.dryRun);
      if (account === null && (user ?? options.user) === null)
        throw new ImportFault('Nothing says whose it is: name an account with --user, or a mapping.');
      const item = { source: 'redis', externalId: key.key };
      const before = account === null ? null : await findImported(db, account, item);
      if (before !== null) return { ...known, outcome: 'unchanged' };
      if (account === null || options.dryRun) return { ...known, outcome: 'migrated' };
      const { title, pinned, archived, tags } = conversation;
      const input = { title, conversationType: 'general' as const, pinned, archived, tags };
      const createdAt = conversation.createdAt ?? tree.messages[0]?.createdAt ?? now();
      const kept = { ...tree, createdAt, lastMessageAt: tree.lastMessageAt };
      const made = await insertImported(db, ConversationScope.ofNew(account), item, input, kept, now());
      return { ...known, outcome: made ? 'migrated' : 'unchanged' };
    } catch (error) {
      if (error instanceof ImportFault) return { ...known, reason: error.message };
      throw error;
    }
  }

  for await (const page of redis.keys(options.pattern)) {
    // A key may come twice while Redis grows.
    const fresh = page.filter(({ key }) => !seen.has(key));
    for (const { key } of fresh) seen.add(key);
    const size = atOnce[db.kind];
    for (let at = 0; at < fresh.length; at += size)
      yield* await Promise.all(fresh.slice(at, at + size).map(migrate));
  }
}
