import { setImmediate as breathe } from 'node:timers/promises';
import type { Database } from '../db/database.ts';
import type { UserScope } from '../identity/user-scope.ts';
import { readUnindexed, usersToIndex, writeLexemes } from './index-store.ts';
import { lexemesOf, tagOf } from './lexemes.ts';

/** A batch of messages takes some 20 ms to analyse: other requests come between. */
const batch = 400;
const usersAtOnce = 20;

/**
 * Indexes what has come since, at most `batches` batches. Whoever writes a message or a passage does not wait for it:
 * a search does, and the worker catches up with what is more.
 * @returns true when something is left
 */
export async function indexTexts(
  db: Database,
  user: UserScope,
  batches: number,
  signal?: AbortSignal,
): Promise<boolean> {
  const tag = tagOf(user.userId);
  // Comparing all titles takes some milliseconds: once, unless many are new.
  let withTitles = true;
  for (let done = 0; done < batches; done += 1) {
    if (signal?.aborted === true) return true;
    const texts = await readUnindexed(db, user, batch, withTitles);
    withTitles = texts.filter(({ kind }) => kind === 'title').length === batch;
    if (texts.length === 0) return false;
    const indexed = [];
    for (const [at, one] of texts.entries()) {
      if (at % 20 === 19) await breathe();
      indexed.push({ ...one, lexemes: lexemesOf(one.text, tag) });
    }
    await writeLexemes(db, user, indexed);
    if (texts.length < batch) return false;
  }
  return true;
}

/** For the worker: everybody's, a little of each in turn. */
export async function indexEverybody(db: Database, signal: AbortSignal): Promise<void> {
  for (;;) {
    const users = signal.aborted ? [] : await usersToIndex(db, usersAtOnce);
    for (const user of users) await indexTexts(db, user, 5, signal);
    if (users.length === 0) return;
  }
}
