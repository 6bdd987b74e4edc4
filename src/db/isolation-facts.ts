import type pg from 'pg';
import { plainSchema } from './made-by-migrations.ts';
import { type RoleNames, withDefaultRoles } from './roles.ts';

/** One part of the database's isolation: the statement that makes it, and the one that takes it away. */
export interface IsolationFact {
  make: string;
  drop: string;
}

/**
 * Row-level security, policies, grants to the application's roles and functions that run as their owner, as the
 * catalogue has them, each as one statement in canonical form.
 */
export async function readIsolationFacts(
  client: pg.Pool | pg.ClientBase,
  roles: RoleNames,
): Promise<IsolationFact[]> {
  const { rows } = await client.query<IsolationFact & { schema: string }>(factsQuery, [Object.values(roles)]);
  return rows.map(({ make, drop, schema }) => ({
    make: withDefaultRoles(make, roles)
      .trim()
      .replaceAll(`${schema}.`, `${plainSchema}.`)
      .replaceAll(`'${schema}'`, `'${plainSchema}'`),
    drop,
  }));
}

const factsQuery = `
WITH tables AS (
  SELECT * FROM pg_class c WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')
    AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
), functions AS (
  SELECT *, format('%I(%s)', proname, pg_get_function_identity_arguments(oid)) AS signature FROM pg_proc p
  WHERE pronamespace = current_schema()::regnamespace AND prosecdef
    AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
), found (make, drop) AS (
  SELECT format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', relname), format('ALTER TABLE %I DISABLE ROW LEVEL SECURITY', relname)
  FROM tables WHERE relrowsecurity
  UNION ALL
  SELECT format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', relname), format('ALTER TABLE %I NO FORCE ROW LEVEL SECURITY', relname)
  FROM tables WHERE relforcerowsecurity
  UNION ALL
  SELECT format('CREATE POLICY %I ON %I AS %s FOR %s TO %s', policyname, tablename, permissive, cmd,
      (SELECT string_agg(CASE role WHEN 'public' THEN 'PUBLIC' ELSE quote_ident(role) END, ', ' ORDER BY role) FROM unnest(roles) AS role))
    || coalesce(' USING (' || qual || ')', '') || coalesce(' WITH CHECK (' || with_check || ')', ''),
    format('DROP POLICY %I ON %I', policyname, tablename)
  FROM pg_policies WHERE schemaname = current_schema()
  UNION ALL
  SELECT format('GRANT %s ON %I TO %s', privilege_type, relname, grantee), format('REVOKE %s ON %I FROM %s', privilege_type, relname, grantee)
  FROM (SELECT relname, privilege_type, CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::regrole::text END AS grantee
    FROM tables, aclexplode(relacl) AS g WHERE g.grantee <> relowner) granted
  WHERE grantee = 'PUBLIC' OR grantee = ANY($1)
  UNION ALL
  SELECT format('GRANT %s (%I) ON %I TO %s', privilege_type, attname, relname, grantee),
    format('REVOKE %s (%I) ON %I FROM %s', privilege_type, attname, relname, grantee)
  FROM (SELECT relname, attname, privilege_type, CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::regrole::text END AS grantee
    FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped, aclexplode(attacl) AS g) granted
  WHERE grantee = 'PUBLIC' OR grantee = ANY($1)
  UNION ALL
  SELECT pg_get_functiondef(oid), 'DROP FUNCTION ' || signature FROM functions
  UNION ALL
  SELECT format('GRANT EXECUTE ON FUNCTION %s TO %s', signature, grantee), format('REVOKE EXECUTE ON FUNCTION %s FROM %s', signature, grantee)
  FROM (SELECT signature, CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::regrole::text END AS grantee
    FROM functions, aclexplode(coalesce(proacl, acldefault('f', proowner))) AS g) granted
  WHERE grantee = 'PUBLIC' OR grantee = ANY($1)
  UNION ALL
  SELECT format('GRANT USAGE ON SCHEMA %I TO %s', '${plainSchema}', grantee), format('REVOKE USAGE ON SCHEMA %I FROM %s', current_schema(), grantee)
  FROM (SELECT g.grantee::regrole::text AS grantee FROM pg_namespace, aclexplode(nspacl) AS g
    WHERE nspname = current_schema() AND g.grantee <> 0 AND privilege_type = 'USAGE') granted
  WHERE grantee = ANY($1)
)
SELECT make, drop, quote_ident(current_schema()) AS schema FROM found ORDER BY make COLLATE "C"`;
