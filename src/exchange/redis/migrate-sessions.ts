import { titleFrom } from '../../conversations/title.ts';
import type { Database } from '../../db/database.ts';
import { isUniqueViolation } from '../../db/errors.ts';
import { type KnownElsewhere, provideAccount } from '../../identity/provide-account.ts';
import type { UserScope } from '../../identity/user-scope.ts';
import { storable, withoutNul } from '../storable.ts';
import type { Layout } from './mapping.ts';
import { countMigrated, extendMigrated, findMigrated, insertMigrated } from './migration-store.ts';
import { readSession } from './read-session.ts';
import type { KeyStore } from './scan-keys.ts';
import type { Session, SessionMessage, SessionPart } from './session.ts';
import { stableId } from '../../db/stable-id.ts';

export interface MigrationOptions {
  pattern: string;
  layoutFor: (key: string) => Layout | null;
  /** Who gets the sessions of which the store does not say whose they are; null: an account for each. */
  owner: string | null;
  /** People sign in with tokens of this issuer, whose subjects the store names; null: by their e-mail addresses. */
  issuer: string | null;
}

export type Outcome = 'created' | 'extended' | 'unchanged' | 'deleted' | 'skipped' | 'failed';

/** What became of one session, or of one key that is none. */
export interface SessionReport {
  key: string;
  outcome: Outcome;
  messages: number;
  reason?: string;
}

export interface MigrationReport {
  keys: number;
  sessions: Record<Outcome, number>;
  /** In the store. */
  messages: number;
  /** Of them that have to be here: not those of sessions that failed, nor what was deleted here since an earlier run. */
  due: number;
  /** Of those that were found here afterwards; null when nothing was written. */
  kept: number | null;
  users: number;
}

const maxTitle = 500;
/** Sessions that are written at a time. */
const lanes = 8;

/**
 * Reads every session of the store and keeps each as a conversation of its person, once: a second run adds what has
 * come since. Nothing is written to the store. `db` null: nothing is written here either.
 */
export async function migrateSessions(
  store: KeyStore,
  db: Database | null,
  options: MigrationOptions,
  on: { report(report: SessionReport): void; progress(keys: number): void },
): Promise<MigrationReport> {
  const report: MigrationReport = {
    keys: 0,
    sessions: { created: 0, extended: 0, unchanged: 0, deleted: 0, skipped: 0, failed: 0 },
    messages: 0,
    due: 0,
    kept: null,
    users: 0,
  };
  const accounts = new Map<string, Promise<UserScope | null>>();
  const parts = new Map<string, SessionPart>();
  const toCount: Kept[] = [];

  const tell = (one: SessionReport): void => {
    report.sessions[one.outcome] += 1;
    if (one.outcome !== 'skipped') report.messages += one.messages;
    on.report(one);
  };
  const accountOf = (session: Session): Promise<UserScope | null> => {
    const who = personOf(session, options);
    const name = JSON.stringify(who);
    const known =
      accounts.get(name) ?? (db === null ? Promise.resolve(null) : provideAccount(db, who, new Date()));
    accounts.set(name, known);
    return known;
  };
  const keep = async (session: Session): Promise<void> => {
    const messages = session.messages.length;
    try {
      const user = await accountOf(session);
      const { outcome, due } =
        user === null || db === null
          ? { outcome: 'created' as const, due: withIds('', session).map(({ id }) => id) }
          : await keepSession(db, user, session);
      report.due += due.length;
      if (user !== null) toCount.push({ user, ids: due });
      tell({ key: session.id, outcome, messages });
    } catch (error) {
      tell({
        key: session.id,
        outcome: 'failed',
        messages,
        reason: error instanceof Error ? error.message : '',
      });
    }
  };

  /** Looks whether what was just kept is here. */
  const keepAll = async (sessions: readonly Session[]): Promise<void> => {
    await inLanes(sessions, keep);
    if (db !== null) report.kept = (report.kept ?? 0) + (await countKept(db, toCount.splice(0)));
  };

  for await (const keys of store.read(options.pattern)) {
    const whole: Session[] = [];
    for (const key of keys) {
      report.keys += 1;
      const layout = options.layoutFor(key.key);
      const read =
        layout?.skip === true
          ? { kind: 'skipped' as const, reason: 'left out by the mapping' }
          : readSession(key, layout);
      if (read.kind === 'session') whole.push(read.session);
      else if (read.kind === 'part') addPart(parts, read.part);
      else tell({ key: key.key, outcome: 'skipped', messages: 0, reason: read.reason });
    }
    await keepAll(whole);
    on.progress(report.keys);
  }
  await keepAll([...parts.values()].map(ordered));
  report.users = accounts.size;
  return report;
}

interface Kept {
  user: UserScope;
  ids: readonly string[];
}

async function countKept(db: Database, kept: readonly Kept[]): Promise<number> {
  let count = 0;
  for (const all of Map.groupBy(kept, ({ user }) => user.userId).values()) {
    const [{ user }] = all as [Kept];
    count += await countMigrated(
      db,
      user,
      all.flatMap(({ ids }) => ids),
    );
  }
  return count;
}

/** A store that does not say whose a session is must not give it to anybody else: it gets an account of its own. */
function personOf({ id, user }: Session, { owner, issuer }: MigrationOptions): KnownElsewhere {
  if (user === null)
    return owner === null ? { by: 'name', system: 'redis-session', name: id } : { by: 'email', email: owner };
  if (issuer !== null) return { by: 'issuer', issuer, subject: user };
  return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(user)
    ? { by: 'email', email: user }
    : { by: 'name', system: 'redis', name: user };
}

/** What became of a session, and ids of its messages that have to be here now. */
async function keepSession(
  db: Database,
  user: UserScope,
  session: Session,
): Promise<{ outcome: Outcome; due: string[] }> {
  const messages = withIds(user.userId, session);
  const ids = messages.map(({ id }) => id);
  const known = await findMigrated(db, user, session.id, ids);
  if (known === null) {
    const times = session.messages.flatMap(({ at }) => (at === null ? [] : [at]));
    const createdAt = session.createdAt ?? times[0] ?? new Date();
    try {
      await insertMigrated(
        db,
        user,
        session.id,
        { title: titleOf(session), conversationType: 'general' },
        {
          messages: messages.map((one, at) => ({
            ...one,
            parentId: ids[at - 1] ?? null,
            createdAt: one.at ?? createdAt,
          })),
          activeLeafId: ids.at(-1) ?? null,
          createdAt,
          lastMessageAt: times.at(-1) ?? createdAt,
        },
      );
      return { outcome: 'created', due: ids };
    } catch (error) {
      // By another run at the same time.
      if (!isUniqueViolation(error)) throw error;
      return { outcome: 'unchanged', due: ids };
    }
  }
  if (known.scope === null) return { outcome: 'deleted', due: [] };
  const at = messages.findLastIndex(({ id }) => known.messageIds.has(id));
  const fresh = messages.slice(at + 1);
  const due = [...known.messageIds, ...fresh.map(({ id }) => id)];
  const [first, ...rest] = fresh;
  if (first === undefined) return { outcome: 'unchanged', due };
  const asNew = ({ id, role, content, metadata }: (typeof messages)[number]) => ({
    id,
    role,
    content,
    metadata,
    status: 'complete' as const,
    metadataSource: null,
  });
  const parentId = at === -1 ? null : ids[at];
  const now = fresh.at(-1)?.at ?? new Date();
  await extendMigrated(db, known.scope, [{ ...asNew(first), parentId }, ...rest.map(asNew)], now);
  return { outcome: 'extended', due };
}

/** By their words, so that a list that was cut at its begin does not move them. */
function withIds(userId: string, { id: session, messages, ttlMs }: Session) {
  const times = new Map<string, number>();
  return messages.map(({ role, content: written, at, extra }) => {
    const content = withoutNul(written);
    const words = JSON.stringify([role, content]);
    const nth = (times.get(words) ?? 0) + 1;
    times.set(words, nth);
    const id = stableId([userId, session, words, String(nth)], at);
    const redis = { key: session, ...(ttlMs === null ? {} : { ttl_seconds: Math.round(ttlMs / 1000) }) };
    return { id, role, content, at, metadata: storable({ ...extra, redis }) };
  });
}

function titleOf({ title, messages }: Session): string {
  const question = messages.find(({ role }) => role === 'user') ?? messages[0];
  return withoutNul(title ?? titleFrom(question?.content ?? '')).slice(0, maxTitle);
}

function addPart(parts: Map<string, SessionPart>, part: SessionPart): void {
  const known = parts.get(part.id);
  if (known === undefined) {
    parts.set(part.id, { ...part, messages: [...part.messages] });
    return;
  }
  known.user ??= part.user;
  known.title ??= part.title;
  known.messages.push(...part.messages);
}

function ordered(part: SessionPart): Session {
  const time = ({ at }: SessionMessage): number => at?.getTime() ?? 0;
  return { ...part, messages: part.messages.toSorted((a, b) => time(a) - time(b)) };
}

async function inLanes<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  const lane = async (): Promise<void> => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
