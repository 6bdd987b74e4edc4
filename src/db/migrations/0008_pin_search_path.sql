-- A function that runs as its owner must not find a table of the caller's in pg_temp, which is searched first unless it
-- is named.
DO $$ BEGIN
  EXECUTE format('ALTER FUNCTION alcove_conversation_exists(uuid) SET search_path = %I, pg_temp', current_schema());
  EXECUTE format('ALTER FUNCTION alcove_find_login(text) SET search_path = %I, pg_temp', current_schema());
END $$;
--> statement-breakpoint

-- A backup goes through the entries of users who are gone, too: whose there are, never what they say.
CREATE POLICY whose ON audit_log FOR SELECT TO alcove_admin USING (true);
--> statement-breakpoint
GRANT SELECT (user_id) ON audit_log TO alcove_admin;
