-- Roles own nothing and cannot log in or bypass row-level security; each scoped transaction takes one with SET LOCAL ROLE.
-- They belong to the server, not to the database: roles.ts makes them before the migrations run.
DO $$ BEGIN EXECUTE format('GRANT USAGE ON SCHEMA %I TO alcove_app, alcove_worker, alcove_admin', current_schema()); END $$;
--> statement-breakpoint
ALTER TABLE chunk_vectors ALTER COLUMN embedding SET STORAGE PLAIN;
--> statement-breakpoint
ALTER TABLE segments ALTER COLUMN bytes SET STORAGE EXTERNAL;
--> statement-breakpoint

-- A user's own rows.
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE users FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY own ON users TO alcove_app
  USING (id = nullif(current_setting('app.user_id', true), '')::uuid)
  WITH CHECK (id = nullif(current_setting('app.user_id', true), '')::uuid);
--> statement-breakpoint
CREATE POLICY administration ON users FOR SELECT TO alcove_admin USING (true);
--> statement-breakpoint
CREATE POLICY administration_change ON users FOR UPDATE TO alcove_admin USING (true) WITH CHECK (true);
--> statement-breakpoint
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['sessions', 'refresh_tokens', 'api_keys', 'idempotency_keys', 'user_counters', 'activity', 'audit_log'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format($p$CREATE POLICY own ON %I TO alcove_app
      USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid)
      WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid)$p$, t);
  END LOOP;
END $$;
--> statement-breakpoint

-- Rows of a conversation: the user's, and while a conversation is in scope, only that one's.
DO $$
DECLARE t text;
DECLARE col text;
BEGIN
  FOREACH t IN ARRAY ARRAY['conversations', 'messages', 'generations', 'answer_events', 'retrieval_traces', 'documents',
    'document_texts', 'chunks', 'chunk_vectors', 'segments'] LOOP
    col := CASE t WHEN 'conversations' THEN 'id' ELSE 'conversation_id' END;
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format($p$CREATE POLICY own ON %1$I TO alcove_app
      USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid
        AND (nullif(current_setting('app.conversation_id', true), '') IS NULL
          OR %2$I = nullif(current_setting('app.conversation_id', true), '')::uuid))
      WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid
        AND (nullif(current_setting('app.conversation_id', true), '') IS NULL
          OR %2$I = nullif(current_setting('app.conversation_id', true), '')::uuid))$p$, t, col);
  END LOOP;
END $$;
--> statement-breakpoint

-- The worker sees which documents and answers are due over all users: their ids, never their content.
CREATE POLICY due ON documents FOR SELECT TO alcove_worker USING (due_at IS NOT NULL);
--> statement-breakpoint
GRANT SELECT (user_id, conversation_id, id, status, due_at) ON documents TO alcove_worker;
--> statement-breakpoint
CREATE POLICY due ON generations FOR SELECT TO alcove_worker USING (true);
--> statement-breakpoint
GRANT SELECT (user_id, conversation_id, message_id, lease_until) ON generations TO alcove_worker;
--> statement-breakpoint
CREATE POLICY due ON idempotency_keys FOR ALL TO alcove_worker USING (true);
--> statement-breakpoint
GRANT SELECT (expires_at), DELETE ON idempotency_keys TO alcove_worker;
--> statement-breakpoint

-- Global tables: keyed by the key itself.
ALTER TABLE login_keys ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY own ON login_keys TO alcove_app
  USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid)
  WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
--> statement-breakpoint
ALTER TABLE conversation_directory ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY own ON conversation_directory TO alcove_app
  USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid)
  WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
--> statement-breakpoint
ALTER TABLE blob_deletions ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY own ON blob_deletions TO alcove_app
  USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid)
  WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
--> statement-breakpoint
CREATE POLICY due ON blob_deletions TO alcove_worker USING (true) WITH CHECK (true);
--> statement-breakpoint
ALTER TABLE installation ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY first ON installation TO alcove_app USING (key = 'first_account') WITH CHECK (key = 'first_account');
--> statement-breakpoint

-- Say no more than one fact each: they run as the owner, whom these two tables do not bind.
CREATE FUNCTION alcove_conversation_exists(wanted uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path FROM CURRENT
  AS $$ SELECT EXISTS (SELECT 1 FROM conversation_directory WHERE conversation_id = wanted) $$;
--> statement-breakpoint
CREATE FUNCTION alcove_find_login(wanted text) RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path FROM CURRENT
  AS $$ SELECT user_id FROM login_keys WHERE key = wanted $$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION alcove_conversation_exists(uuid), alcove_find_login(text) FROM PUBLIC;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION alcove_conversation_exists(uuid), alcove_find_login(text) TO alcove_app;
--> statement-breakpoint

GRANT SELECT, INSERT, UPDATE, DELETE ON users, sessions, refresh_tokens, api_keys, idempotency_keys, user_counters, activity,
  conversations, messages, generations, answer_events, retrieval_traces, documents, document_texts, chunks, chunk_vectors,
  segments TO alcove_app;
--> statement-breakpoint
GRANT SELECT, INSERT ON audit_log TO alcove_app;
--> statement-breakpoint
GRANT SELECT, INSERT, DELETE ON login_keys, conversation_directory TO alcove_app;
--> statement-breakpoint
GRANT SELECT, INSERT ON blob_deletions, installation TO alcove_app;
--> statement-breakpoint
GRANT SELECT, UPDATE, DELETE ON blob_deletions TO alcove_worker;
--> statement-breakpoint
GRANT SELECT (id, email, name, role, status, created_at), UPDATE (role, status, updated_at) ON users TO alcove_admin;
