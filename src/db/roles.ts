import type pg from 'pg';
import { databaseCode } from './errors.ts';
import { DatabaseSetupError } from './setup-error.ts';

/** The roles that transactions take; the connection's own user owns everything and is none of them. */
export interface RoleNames {
  app: string;
  worker: string;
  admin: string;
}

const defaultPrefix = 'alcove';
const inMigrations = /\balcove_(app|worker|admin)\b/g;
const setOptionSince = 160_000;

/** Roles belong to the server, not to a database: installations of different owners need different ones. */
export function roleNames(prefix = defaultPrefix): RoleNames {
  return { app: `${prefix}_app`, worker: `${prefix}_worker`, admin: `${prefix}_admin` };
}

/** A statement of the migrations with this installation's roles. */
export function withRoles(statement: string, names: RoleNames): string {
  return statement.replaceAll(inMigrations, (_whole, kind: keyof RoleNames) => names[kind]);
}

/** The same statement as the migrations have it. */
export function withDefaultRoles(statement: string, names: RoleNames): string {
  const defaults = roleNames();
  return Object.keys(names).reduce(
    (text, kind) =>
      text.replaceAll(
        new RegExp(`\\b${names[kind as keyof RoleNames]}\\b`, 'g'),
        defaults[kind as keyof RoleNames],
      ),
    statement,
  );
}

/**
 * Makes the roles and lets this user take them, as far as it may. The client must be in a transaction.
 * @returns what somebody has to run who may, statement by statement; empty when nothing is left to do
 */
export async function makeRoles(client: pg.ClientBase, names: RoleNames): Promise<string[]> {
  const absent = (await lookAt(client, names)).filter((role) => !role.exists).map((role) => role.name);
  const creating: string[] = [];
  for (const name of absent)
    if (!(await tried(client, createRole(name)))) creating.push(`CREATE ROLE ${name} NOLOGIN;`);
  const left = creating.length === 0 ? [] : [creating.join(' ')];
  const untaken = (await lookAt(client, names)).filter((role) => !role.taken);
  if (untaken.length === 0) return left;
  const all = untaken.map(({ name }) => name).join(', ');
  const user = await currentUser(client);
  const granted = left.length === 0 && (await tried(client, `GRANT ${all} TO ${user}`));
  return granted ? left : [...left, `GRANT ${all} TO ${user};`];
}

/** Users of the server other than this one and its administrators that can take one of the roles. */
async function whoElseTakes(client: pg.Pool | pg.ClientBase, names: RoleNames): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT DISTINCT u.rolname AS name FROM pg_roles u, pg_roles r
     WHERE r.rolname = ANY($1) AND NOT u.rolname = ANY($1) AND u.rolcanlogin AND NOT u.rolsuper AND u.rolname <> current_user
       AND pg_has_role(u.oid, r.oid, ${privilege}) ORDER BY 1`,
    [Object.values(names)],
  );
  return rows.map(({ name }) => name);
}

/** @throws DatabaseSetupError when the roles serve another installation, whose owner could read this one */
export async function refuseForeignRoles(client: pg.ClientBase, names: RoleNames): Promise<void> {
  const others = await whoElseTakes(client, names);
  if (others.length > 0) throw new DatabaseSetupError(foreignRoles(others, names));
}

/** An installation that runs goes on, though others can take its roles too. */
export async function warnOfForeignRoles(
  pool: pg.Pool,
  names: RoleNames,
  log: { warn(message: string): void },
): Promise<void> {
  const others = await whoElseTakes(pool, names);
  if (others.length > 0) log.warn(foreignRoles(others, names));
}

function foreignRoles(others: readonly string[], names: RoleNames): string {
  return `The roles ${Object.values(names).join(', ')} can also be taken by the database user ${others.join(', ')}, who could read this installation's data: give each installation of the server its own DATABASE_ROLE_PREFIX, or revoke the roles from that user.`;
}

interface RoleState {
  name: string;
  exists: boolean;
  /** Whether this user can take it by SET ROLE. */
  taken: boolean;
}

/** From version 16 on a membership says for itself whether the role can be taken. */
const privilege = `CASE WHEN current_setting('server_version_num')::int >= ${setOptionSince} THEN 'SET' ELSE 'MEMBER' END`;

async function lookAt(client: pg.ClientBase, names: RoleNames): Promise<RoleState[]> {
  const { rows } = await client.query<RoleState>(
    `SELECT name, r.oid IS NOT NULL AS exists, r.oid IS NOT NULL AND pg_has_role(r.oid, ${privilege}) AS taken
     FROM unnest($1::text[]) WITH ORDINALITY AS wanted (name, at) LEFT JOIN pg_roles r ON r.rolname = name ORDER BY at`,
    [Object.values(names)],
  );
  return rows;
}

async function currentUser(client: pg.ClientBase): Promise<string> {
  const { rows } = await client.query<{ name: string }>('SELECT quote_ident(current_user) AS name');
  return rows[0]?.name ?? '';
}

/** Another installation may make it at the same moment. */
function createRole(name: string): string {
  return `DO $$ BEGIN CREATE ROLE ${name} NOLOGIN NOSUPERUSER NOBYPASSRLS;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`;
}

/** Runs what this user may lack the privilege for. @returns whether it had it */
export async function tried(client: pg.ClientBase, statement: string): Promise<boolean> {
  await client.query('SAVEPOINT tried');
  try {
    await client.query(statement);
    await client.query('RELEASE SAVEPOINT tried');
    return true;
  } catch (error) {
    if (databaseCode(error) !== '42501') throw error;
    await client.query('ROLLBACK TO SAVEPOINT tried');
    return false;
  }
}
