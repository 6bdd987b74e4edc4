/** The database kind that this run of the suite is for; one that is spread by Citus is a PostgreSQL too. */
export const databaseKind =
  process.env['ALCOVE_TEST_DB'] === 'postgres' || isDistributed() ? 'postgres' : 'pglite';

/** Whether databases of this run are spread over several machines. */
export function isDistributed(): boolean {
  return process.env['ALCOVE_TEST_DB'] === 'citus';
}

/** Any database of the PostgreSQL server that tests make theirs on. @throws when there is none */
export function testServerUrl(): string {
  const url = process.env['TEST_DATABASE_URL'];
  if (url === undefined) throw new Error('ALCOVE_TEST_DB=postgres needs TEST_DATABASE_URL');
  return url;
}
