import { createReconciler, surveyed } from '../files/reconcile.ts';
import type { Log } from '../work/every.ts';
import { type Check, type DoctorDeps, fail, ok, warn } from './check.ts';
import { everybody } from './everybody.ts';

/** Both ways: every document has its original, and every original its document. */
export const originals: Check = {
  name: 'originals',
  async run(deps) {
    const there = new Set<string>();
    let unnamed = 0;
    for await (const { keys, named } of surveyed(deps.db, keysOf(deps, there)))
      unnamed += keys.length - named.size;
    const aside = new Set<string>();
    for await (const { key } of deps.blobs.listQuarantined()) aside.add(key);
    const documents = await readOriginals(deps);
    const missing = documents.filter(({ key }) => !there.has(key) && !aside.has(key));
    const quarantine = aside.size === 0 ? '' : `, ${aside.size} in quarantine`;
    if (missing.length > 0)
      return fail(
        `${missing.length} of ${documents.length} documents are without their original, such as ${missing[0]?.id}${quarantine}`,
        `Check that ${deps.blobs.setting} is the right place; else put them back from a backup, or upload the files again.`,
      );
    if (unnamed > 0)
      return warn(
        `${unnamed} originals belong to no document${quarantine}`,
        'Uploads under way, or left by a killed one: the server moves those aside after an hour, as --repair does.',
      );
    return ok(`${documents.length} documents have theirs, and none is left over${quarantine}`);
  },
  /** As the server does at its start: what is younger, or too much at once, stays where it is. */
  repair: async ({ db, blobs, now }) => void (await createReconciler(db, blobs, alarming)(now())),
};

const alarming: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: (_fields, message) => {
    throw new Error(message);
  },
};

async function* keysOf({ blobs }: DoctorDeps, there: Set<string>): AsyncGenerator<string> {
  for await (const { key } of blobs.list()) {
    there.add(key);
    yield key;
  }
}

async function readOriginals({ db }: DoctorDeps): Promise<{ id: string; key: string }[]> {
  const found: { id: string; key: string }[] = [];
  for await (const userId of everybody(db)) {
    const [rows] = await db.read({ userId }, [
      {
        name: 'doctor_originals',
        text: `SELECT id, unnest(array_remove(ARRAY[blob_key, replacement_blob_key], NULL)) AS key
          FROM documents WHERE user_id = $1`,
        values: [userId],
      },
    ]);
    found.push(...((rows ?? []) as { id: string; key: string }[]));
  }
  return found;
}
