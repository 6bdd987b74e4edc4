import { setTimeout as pause } from 'node:timers/promises';
import type { ConversationRow } from '../conversations/store.ts';
import type { Database } from '../db/database.ts';
import type { DocumentRow } from '../documents/store.ts';
import type { UserScope } from '../identity/user-scope.ts';
import { type ChangedMessage, type ChangedShare, type Changes, mostChanges, readChanges } from './store.ts';

export type Change =
  | { type: 'open' }
  | { type: 'reset' }
  | { type: 'conversation'; row: ConversationRow }
  | { type: 'document'; row: DocumentRow }
  | { type: 'message'; row: ChangedMessage }
  | { type: 'share'; row: ChangedShare }
  | { type: 'deleted'; kind: Changes['deleted'][number]['kind']; id: string };

export type NumberedChange = Change & { seq: number };

/** A change is told within this time and the time of one look. */
const lookEveryMs = 750;
/** Looking may take this share of the time, whatever the size of an account. */
const lookShare = 0.05;
/** What a transaction wrote before it was committed, or a machine whose clock is behind, is found this long after. */
const overlapMs = 10_000;
/** Answers begun this long before a reader went away may have ended meanwhile. */
const answerMs = 10 * 60_000;
/** Who was away for longer reads anew. */
const oldestMs = 60 * 60_000;
/** Changes of one look; numbers are of times, and go up. */
const numbersPerMs = 1_000;

/**
 * Everything of a user's that changes, from the database, so that it does not matter which process changed it. A number
 * names a time: who gives it as `after` is told what changed since, some of it perhaps again.
 */
export async function* watchChanges(
  user: UserScope,
  after: number | undefined,
  { db }: { db: Database },
  signal: AbortSignal,
): AsyncGenerator<NumberedChange> {
  const begun = await readChanges(db, user, new Date(), []);
  const from = after === undefined ? begun.at : new Date(Math.floor(after / numbersPerMs));
  const isTooLate = begun.at.getTime() - from.getTime() > oldestMs;
  const known = new Map<string, string>();
  let since = isTooLate ? begun.at : from;
  let writing: readonly string[] = begun.writing;
  yield { type: isTooLate ? 'reset' : 'open', seq: numberOf(begun.at) };
  let reachMs = after === undefined ? overlapMs : answerMs;
  while (!signal.aborted) {
    const startedAt = performance.now();
    const changes = await readChanges(db, user, new Date(since.getTime() - reachMs), writing);
    const fresh = freshOf(changes, known);
    for (const [at, change] of fresh.entries()) yield { ...change, seq: numberOf(changes.at) + at + 1 };
    forgetOld(known, changes);
    since = changes.at;
    writing = changes.writing;
    reachMs = overlapMs;
    const tookMs = performance.now() - startedAt;
    await pause(Math.max(lookEveryMs, tookMs / lookShare), undefined, { signal, ref: false }).catch(() => {});
  }
}

function numberOf(time: Date): number {
  return time.getTime() * numbersPerMs;
}

/** Those that are told for the first time, or are not as they were told. */
function freshOf(changes: Changes, known: Map<string, string>): Change[] {
  if (listsOf(changes).some((list) => list.length >= mostChanges)) {
    for (const change of allOf(changes)) known.set(keyOf(change), JSON.stringify(change));
    return [{ type: 'reset' }];
  }
  return allOf(changes).filter((change) => {
    const key = keyOf(change);
    const state = JSON.stringify(change);
    if (known.get(key) === state) return false;
    known.set(key, state);
    return true;
  });
}

function listsOf({ conversations, documents, messages, shares, deleted }: Changes): unknown[][] {
  return [conversations, documents, messages, shares, deleted];
}

function allOf({ conversations, documents, messages, shares, deleted }: Changes): Change[] {
  return [
    ...conversations.map((row) => ({ type: 'conversation' as const, row })),
    ...documents.map((row) => ({ type: 'document' as const, row })),
    ...messages.map((row) => ({ type: 'message' as const, row })),
    ...shares.map((row) => ({ type: 'share' as const, row })),
    ...deleted.map((gone) => ({ type: 'deleted' as const, ...gone })),
  ];
}

function keyOf(change: Change): string {
  if (change.type === 'open' || change.type === 'reset') return change.type;
  return `${change.type} ${change.type === 'deleted' ? change.id : change.row.id}`;
}

/** What the next look does not find any more need not be known. */
function forgetOld(known: Map<string, string>, changes: Changes): void {
  if (known.size <= mostChanges * 4) return;
  const found = new Set(allOf(changes).map(keyOf));
  for (const key of known.keys()) if (!found.has(key)) known.delete(key);
}
