/** The database kind that this run of the suite is for. */
export const databaseKind = process.env['ALCOVE_TEST_DB'] === 'postgres' ? 'postgres' : 'pglite';

/** Any database of the PostgreSQL server that tests make theirs on. @throws when there is none */
export function testServerUrl(): string {
  const url = process.env['TEST_DATABASE_URL'];
  if (url === undefined) throw new Error('ALCOVE_TEST_DB=postgres needs TEST_DATABASE_URL');
  return url;
}
