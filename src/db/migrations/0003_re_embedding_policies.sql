ALTER TABLE re_embeddings ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE re_embeddings FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY own ON re_embeddings TO alcove_app
  USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid
    AND (nullif(current_setting('app.conversation_id', true), '') IS NULL
      OR conversation_id = nullif(current_setting('app.conversation_id', true), '')::uuid))
  WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid
    AND (nullif(current_setting('app.conversation_id', true), '') IS NULL
      OR conversation_id = nullif(current_setting('app.conversation_id', true), '')::uuid));
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON re_embeddings TO alcove_app;
--> statement-breakpoint

-- The worker sees which ready documents have vectors of which model, over all users: ids and sizes, never a name or content.
CREATE POLICY embedded ON documents FOR SELECT TO alcove_worker USING (status = 'ready');
--> statement-breakpoint
GRANT SELECT (embedding_model, chunk_count) ON documents TO alcove_worker;
--> statement-breakpoint
CREATE POLICY due ON re_embeddings FOR SELECT TO alcove_worker USING (true);
--> statement-breakpoint
GRANT SELECT (user_id, conversation_id, due_at) ON re_embeddings TO alcove_worker;
