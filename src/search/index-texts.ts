import { setImmediate as breathe } from 'node:timers/promises';
import type { Database } from '../db/database.ts';
import { nobody } from '../db/ids.ts';
import type { UserScope } from '../identity/user-scope.ts';
import type { Log } from '../work/every.ts';
import { readUnindexed, usersToIndex, writeLexemes } from './index-store.ts';
import { lexemesOf, tagOf } from './lexemes.ts';

/** Messages, passages and titles, so many of each at once; 400 of them take some 20 ms to analyse. */
const [fewest, most] = [20, 400];
/** Of the database, for one batch: the embedded one has a single connection, for which others wait meanwhile. */
const wantedMs = 50;
const usersAtOnce = 20;
const batchesInTurn = 10;

/**
 * Indexes what has come since, at most `batches` batches, at once or in turn with what else the database has to do.
 * Whoever writes a message or a passage does not wait for it: a search does, and the worker catches up with the rest.
 * @returns true when something is left
 */
export async function indexTexts(
  db: Database,
  user: UserScope,
  { batches, isInTurn }: { batches: number; isInTurn: boolean },
  signal?: AbortSignal,
): Promise<boolean> {
  // Comparing all titles takes some milliseconds: once, unless many are new.
  let withTitles = true;
  let batch = isInTurn ? fewest : most;
  for (let done = 0; done < batches; done += 1) {
    if (signal?.aborted === true) return true;
    const started = performance.now();
    const { texts, ranges } = await readUnindexed(db, user, batch, withTitles);
    let tookMs = performance.now() - started;
    withTitles = texts.filter(({ place }) => place === 'titles').length === batch;
    if (texts.length === 0 && ranges.length === 0) return false;
    const indexed = [];
    for (const [at, one] of texts.entries()) {
      if (at % 20 === 19) await breathe();
      indexed.push({ ...one, lexemes: lexemesOf(one.text, one.language, tagOf(user.userId, one.place)) });
    }
    const analysed = performance.now();
    await writeLexemes(db, user, indexed, ranges);
    if (texts.length < batch) return false;
    tookMs += performance.now() - analysed;
    if (isInTurn) batch = Math.round(Math.min(most, Math.max(fewest, (batch * wantedMs) / tookMs)));
  }
  return true;
}

/**
 * For the worker: everybody's, a little of each in turn, until nobody has anything left. Who cannot be indexed holds up
 * nobody else, and is tried again in the next round.
 */
export async function indexEverybody(db: Database, signal: AbortSignal, log: Log): Promise<void> {
  const failed = new Set<string>();
  let after = nobody;
  while (!signal.aborted) {
    const users = await usersToIndex(db, after, usersAtOnce);
    for (const user of users.filter(({ userId }) => !failed.has(userId)))
      await indexTexts(db, user, { batches: batchesInTurn, isInTurn: true }, signal).catch(
        (error: unknown) => {
          failed.add(user.userId);
          log.warn({ err: error, user: user.userId }, 'texts could not be indexed for search and will be');
        },
      );
    const isBegin = after === nobody;
    after = users.at(-1)?.userId ?? nobody;
    if (isBegin && users.every(({ userId }) => failed.has(userId))) return;
  }
}
