import { readConfig } from '../config.ts';
import { connectDatabase } from '../db/client.ts';
import { databaseCode } from '../db/errors.ts';
import { indexSearchStatement, letSearchUseIndex } from '../db/leakproof.ts';

/** SQLSTATE */
const insufficientPrivilege = '42501';

/** Lets search over history use its index on this database, or takes that back. */
export async function indexSearch({ undo = false }: { undo?: boolean }): Promise<number> {
  const db = await connectDatabase(readConfig().database);
  try {
    await letSearchUseIndex(db.pool, !undo);
    process.stdout.write(
      undo
        ? 'Search reads every message and passage of an account again.\n'
        : 'Search looks words up in its indexes from now on. "--undo" takes it back.\n',
    );
    return 0;
  } catch (error) {
    if (databaseCode(error) !== insufficientPrivilege) throw error;
    process.stderr.write(
      `Only a superuser may do this. Let one run, in this database:\n  ${indexSearchStatement}\n`,
    );
    return 1;
  } finally {
    await db.close();
  }
}
