import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { compareIsolation, repairIsolation } from '../db/isolation.ts';
import { migrate } from '../db/migrate.ts';
import { isMigrated, newestMigration } from '../db/migration-state.ts';
import { checkIsolation } from '../db/self-check.ts';
import { type Check, fail, ok, warn } from './check.ts';

const maxSkewMs = 5_000;

export const schema: Check = {
  name: 'schema',
  async run({ db }) {
    const newest = await newestMigration();
    if (await isMigrated(db).catch(() => false)) return ok(`at ${newest.name}`);
    return fail(`not at ${newest.name}`, 'Run "npm run alcove -- db migrate".');
  },
  repair: ({ db }) => migrate(db),
};

export const extension: Check = {
  name: 'database',
  async run({ db }) {
    const { rows } = await db.pool.query<{ server: string; vector: string | null }>(
      `SELECT current_setting('server_version') AS server,
         (SELECT extversion FROM pg_extension WHERE extname = 'vector') AS vector`,
    );
    const { server = '', vector = null } = rows[0] ?? {};
    if (vector === null)
      return fail('the extension "vector" is missing', 'Run CREATE EXTENSION vector as an administrator.');
    const found = `${db.kind === 'pglite' ? 'embedded ' : ''}PostgreSQL ${server.split(' ')[0]} with pgvector ${vector}`;
    const [major = 0, minor = 0, patch = 0] = vector.split('.').map(Number);
    if (major > 0 || minor > 8 || (minor === 8 && patch >= 2)) return ok(found);
    // Parallel builds of HNSW indexes leak memory of other relations below 0.8.2; Alcove makes none.
    return warn(found, 'Make no HNSW index of your own before you have updated pgvector to 0.8.2.');
  },
};

export const isolation: Check = {
  name: 'isolation',
  async run({ db }) {
    const { missing, extra } = await compareIsolation(db.pool, db.roles);
    const wrong = await checkIsolation(db).then(
      () => null,
      (error: Error) => error.message,
    );
    if (wrong !== null) return fail(wrong, 'Run "npm run alcove -- doctor --repair".');
    return ok(
      `row-level security, policies, grants, roles and functions are as they should be (${missing.length + extra.length} differences)`,
    );
  },
  async repair({ db }) {
    await repairIsolation(db);
  },
};

export const keys: Check = {
  name: 'keys',
  async run({ db, config }) {
    if (config.auth.secret !== undefined) return ok('AUTH_SECRET is set');
    if (db.kind === 'postgresql') {
      const { rows } = await db.pool.query(
        `SELECT 1 FROM installation WHERE key = 'auth_secret' AND length(value) >= 32`,
      );
      return rows.length > 0
        ? ok('the secret is in the database')
        : warn(
            'no secret yet',
            'The next start makes one; if there was one before, everybody signs in anew.',
          );
    }
    const path = join(config.dataDir, 'secret');
    const found = await stat(path).catch(() => null);
    if (found === null)
      return warn(
        'no secret yet',
        'The next start makes one; if there was one before, everybody signs in anew.',
      );
    if ((found.mode & 0o077) !== 0) return fail(`others may read ${path}`, `Run "chmod 600 ${path}".`);
    return ok('the secret is in the data folder and nobody else may read it');
  },
};

export const clock: Check = {
  name: 'clock',
  async run({ db }) {
    const before = Date.now();
    const { rows } = await db.pool.query<{ ms: number }>(
      'SELECT extract(epoch FROM clock_timestamp()) * 1000 AS ms',
    );
    const skewMs = Math.round(Number(rows[0]?.ms) - (before + Date.now()) / 2);
    if (Math.abs(skewMs) <= maxSkewMs) return ok(`${skewMs} ms between this machine and the database`);
    return warn(
      `${Math.round(skewMs / 1000)} s between this machine and the database`,
      'Let both follow the same time server: tokens and leases are judged by clocks.',
    );
  },
};
