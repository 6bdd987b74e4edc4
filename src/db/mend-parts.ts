import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { isDistributed, tablesWithOtherParts } from './spread.ts';

/** A statement for each part of a table; Citus puts the part's name in the place of `%1$s`. */
interface OnParts {
  table: string;
  command: string;
}

/**
 * Gives the parts of tables the row-level security, the policies and the grants that the tables have, and no others.
 * Not in a transaction: each part is asked on a connection of its own. @returns for how many tables that was needed
 */
export async function mendParts(client: pg.Pool | pg.ClientBase): Promise<number> {
  const bad = await tablesWithOtherParts(client);
  const { rows } = await client.query<OnParts>(definitions, [bad]);
  for (const { table, command } of rows)
    await onParts(client, table, `DO $mend$ DECLARE command text; BEGIN ${takeAway} ${command} END $mend$`);
  return bad.length;
}

/** For calling again and again: gives grants on columns to parts that have moved since the last call. */
export function keepGrants({ pool }: { pool: pg.Pool }): () => Promise<void> {
  let known = '';
  return async () => {
    if (!(await isDistributed(pool))) return;
    const found = await readPlacements(pool);
    if (found === known) return;
    if (await grantColumns(pool)) known = found;
  };
}

/**
 * Citus takes grants on tables along, grants on columns it does not: neither at first nor with a part that moves.
 * @returns false where a machine is away: no part moves meanwhile, and a server must start without it
 */
export async function grantColumns(client: pg.Pool | pg.ClientBase): Promise<boolean> {
  const away = await client.query(
    `SELECT 1 FROM pg_dist_node
     WHERE isactive AND noderole = 'primary' AND NOT citus_check_connection_to_node(nodename, nodeport) LIMIT 1`,
  );
  if (away.rows.length > 0) return false;
  const { rows } = await client.query<OnParts>(
    `SELECT relname AS table, command FROM (${columnGrants}) granted`,
  );
  for (const { table, command } of rows) await onParts(client, table, command);
  return true;
}

/** Which part of which table is where, as one value that changes with it. */
async function readPlacements(client: pg.Pool): Promise<string> {
  const { rows } = await client.query<{ hash: string | null }>(
    `SELECT md5(string_agg(placementid::text || ':' || groupid, ',' ORDER BY placementid)) AS hash FROM pg_dist_placement`,
  );
  return rows[0]?.hash ?? '';
}

/** Servers, commands and Citus itself may change one part at once: one of them is refused, and may come again. */
const isMet = /tuple concurrently (updated|deleted)/;
const tries = 6;
const pauseMs = 100;

async function onParts(client: pg.Pool | pg.ClientBase, table: string, command: string): Promise<void> {
  for (let left = tries - 1; ; left -= 1) {
    const { rows } = await client.query<{ result: string }>(
      'SELECT result FROM run_command_on_placements($1, $2) WHERE NOT success',
      [table, command],
    );
    if (rows.length === 0) return;
    const other = rows.find(({ result }) => left === 0 || !isMet.test(result));
    if (other !== undefined) throw new Error(`a part of ${table} was not changed: ${other.result}`);
    // Not in step with whom it met.
    await sleep(pauseMs * (1 + Math.random()));
  }
}

const grantee = `CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::regrole::text END`;

/** All that the owner of a part has let others do, as PL/pgSQL for Citus to put the part's name in. */
const takeAway = `FOR command IN
    SELECT format('DROP POLICY %%I ON %1$s', polname) FROM pg_policy WHERE polrelid = '%1$s'::regclass
    UNION SELECT format('REVOKE ALL ON TABLE %1$s FROM %%s', ${grantee})
    FROM pg_class c, LATERAL (SELECT c.relacl UNION ALL SELECT attacl FROM pg_attribute WHERE attrelid = c.oid) acl (list),
      aclexplode(acl.list) AS g
    WHERE c.oid = '%1$s'::regclass AND g.grantee <> c.relowner
  LOOP EXECUTE command; END LOOP;`;

const columnGrants = `
  SELECT relname, format('GRANT %s ON TABLE %%1$s TO %s', string_agg(
      format('%s (%s)', privilege, columns), ', ' ORDER BY privilege), grantee) AS command
  FROM (SELECT c.relname, g.privilege_type AS privilege, ${grantee} AS grantee,
      string_agg(replace(quote_ident(a.attname), '%', '%%'), ', ' ORDER BY a.attnum) AS columns
    FROM pg_dist_partition p JOIN pg_class c ON c.oid = p.logicalrelid
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped, aclexplode(a.attacl) AS g
    WHERE g.grantee <> c.relowner GROUP BY 1, 2, 3) by_privilege
  GROUP BY relname, grantee`;

const tableGrants = `
  SELECT c.relname, format('GRANT %s ON TABLE %%1$s TO %s', string_agg(g.privilege_type, ', '), ${grantee}) AS command
  FROM pg_dist_partition p JOIN pg_class c ON c.oid = p.logicalrelid, aclexplode(c.relacl) AS g
  WHERE g.grantee <> c.relowner GROUP BY c.relname, g.grantee`;

const policies = `
  SELECT tablename, format('CREATE POLICY %s ON %%1$s AS %s FOR %s TO %s',
      replace(quote_ident(policyname), '%', '%%'), permissive, cmd,
      (SELECT string_agg(quote_ident(role), ', ') FROM unnest(roles) AS role))
    || coalesce(' USING (' || replace(qual, '%', '%%') || ')', '')
    || coalesce(' WITH CHECK (' || replace(with_check, '%', '%%') || ')', '') AS command
  FROM pg_policies WHERE schemaname = current_schema()`;

/** Of each table that is named, in one text. */
const definitions = `
  SELECT c.relname AS table, format(
      'ALTER TABLE %%1$s %s ROW LEVEL SECURITY; ALTER TABLE %%1$s %s ROW LEVEL SECURITY; ',
      CASE WHEN c.relrowsecurity THEN 'ENABLE' ELSE 'DISABLE' END,
      CASE WHEN c.relforcerowsecurity THEN 'FORCE' ELSE 'NO FORCE' END)
    || coalesce((SELECT string_agg(command || '; ', '') FROM (${tableGrants}
        UNION ALL ${columnGrants} UNION ALL ${policies}) made WHERE made.relname = c.relname), '') AS command
  FROM pg_dist_partition p JOIN pg_class c ON c.oid = p.logicalrelid WHERE c.relname = ANY($1)`;
