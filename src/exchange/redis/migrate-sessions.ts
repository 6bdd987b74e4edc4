import { titleFrom } from '../../conversations/title.ts';
import type { Database } from '../../db/database.ts';
import { isUniqueViolation } from '../../db/errors.ts';
import { type KnownElsewhere, provideAccount } from '../../identity/provide-account.ts';
import type { UserScope } from '../../identity/user-scope.ts';
import type { Layout } from './mapping.ts';
import { countMigrated, extendMigrated, findMigrated, insertMigrated } from './migration-store.ts';
import { readSession } from './read-session.ts';
import type { KeyStore } from './scan-keys.ts';
import type { Session, SessionMessage, SessionPart } from './session.ts';
import { stableId } from './stable-id.ts';

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
  /** Of them here now; null when nothing was written. */
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
    kept: null,
    users: 0,
  };
  const accounts = new Map<string, Promise<UserScope | null>>();
  const parts = new Map<string, SessionPart>();

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
      const outcome = user === null || db === null ? 'created' : await keepSession(db, user, session);
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
    await inLanes(whole, keep);
    on.progress(report.keys);
  }
  await inLanes([...parts.values()].map(ordered), keep);
  report.users = accounts.size;
  if (db !== null) report.kept = await countKept(db, await Promise.all(accounts.values()));
  return report;
}

async function countKept(db: Database, users: readonly (UserScope | null)[]): Promise<number> {
  const byId = new Map(users.flatMap((user) => (user === null ? [] : [[user.userId, user] as const])));
  let kept = 0;
  for (const user of byId.values()) kept += await countMigrated(db, user);
  return kept;
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

async function keepSession(db: Database, user: UserScope, session: Session): Promise<Outcome> {
  const messages = withIds(user, session);
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
      return 'created';
    } catch (error) {
      // By another run at the same time.
      if (!isUniqueViolation(error)) throw error;
      return 'unchanged';
    }
  }
  if (known.scope === null) return 'deleted';
  const at = messages.findLastIndex(({ id }) => known.messageIds.has(id));
  const fresh = messages.slice(at + 1);
  const [first, ...rest] = fresh;
  if (first === undefined) return 'unchanged';
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
  return 'extended';
}

/** By their words, so that a list that was cut at its begin does not move them. */
function withIds(user: UserScope, { id: session, messages, ttlMs }: Session) {
  const times = new Map<string, number>();
  return messages.map(({ role, content: written, at, extra }) => {
    const content = withoutNul(written);
    const words = JSON.stringify([role, content]);
    const nth = (times.get(words) ?? 0) + 1;
    times.set(words, nth);
    const id = stableId([user.userId, session, words, String(nth)], at);
    const redis = { key: session, ...(ttlMs === null ? {} : { ttl_seconds: Math.round(ttlMs / 1000) }) };
    return { id, role, content, at, metadata: storable({ ...extra, redis }) };
  });
}

function storable(value: unknown): unknown {
  if (typeof value === 'string') return withoutNul(value);
  if (Array.isArray(value)) return value.map(storable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [withoutNul(name), storable(part)]));
}

/** Without what PostgreSQL keeps in no text: NUL, and halves of surrogate pairs. */
function withoutNul(text: string): string {
  return text.replaceAll('\0', '').toWellFormed();
}

function titleOf({ title, messages }: Session): string {
  const question = messages.find(({ role }) => role === 'user') ?? messages[0];
  return withoutNul(title ?? titleFrom(question?.content ?? '')).slice(0, maxTitle);
}

function addPart(parts: Map<string, SessionPart>, part: SessionPart): void {
  const known = parts.get(part.id);
  if (known === undefined) parts.set(part.id, part);
  else
    parts.set(part.id, {
      ...known,
      user: known.user ?? part.user,
      title: known.title ?? part.title,
      messages: [...known.messages, ...part.messages],
    });
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
