import type { Database } from '../db/database.ts';
import { operatorId } from './admin-scope.ts';
import { forgetOldCredentials, readUserIds } from './retention-store.ts';
import { eraseUser } from './store.ts';
import { UserScope } from './user-scope.ts';

/** An invitation that was over for so long can be made again; until then the administrator sees that it was not accepted. */
const keptInviteMs = 30 * 24 * 3_600_000;
const pageUsers = 100;
const start = operatorId;

/** Goes round through all accounts, some at each call. */
export class EveryUser {
  #after = start;

  /** At most `limit` accounts, those that have waited longest first. Null at the end of a round. */
  async *some(db: Database, limit: number): AsyncGenerator<UserScope> {
    for (let left = limit; left > 0; left -= pageUsers) {
      const ids = await readUserIds(db, this.#after, Math.min(pageUsers, left));
      for (const id of ids) yield UserScope.grant(id);
      this.#after = ids.at(-1) ?? start;
      if (ids.length < pageUsers) {
        this.#after = start;
        return;
      }
    }
  }
}

/** Sessions and links that are over go, and accounts that never were anybody's. */
export async function forgetOldPerson(db: Database, scope: UserScope, now: Date): Promise<void> {
  const invitesBefore = new Date(now.getTime() - keptInviteMs);
  if (await forgetOldCredentials(db, scope, now, invitesBefore)) await eraseUser(db, scope, null, now);
}
