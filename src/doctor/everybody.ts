import type { Database } from '../db/database.ts';
import { nobody } from '../db/ids.ts';
import { readUserIds } from '../identity/retention-store.ts';

const usersAtOnce = 1_000;

/** Every account's id, as the administrator's role sees them, page by page. */
export async function* everybody(db: Database): AsyncGenerator<string> {
  for (let after = nobody; ;) {
    const ids = await readUserIds(db, after, usersAtOnce);
    yield* ids;
    const last = ids.at(-1);
    if (last === undefined) return;
    after = last;
  }
}
