-- Isolation as of 0029_vectors_once; written by "npm run isolation".
--> statement-breakpoint
ALTER TABLE activity ENABLE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE activity FORCE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE answer_events ENABLE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE answer_events FORCE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE api_keys FORCE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE audit_log FORCE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE blob_deletions ENABLE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE chat_bindings ENABLE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE chat_bindings FORCE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE chunk_terms ENABLE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE chunk_terms FORCE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE chunk_vectors ENABLE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE chunk_vectors FORCE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE chunks ENABLE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE chunks FORCE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE conversation_directory ENABLE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE conversation_terms ENABLE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE conversation_terms FORCE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE conversations ENABLE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE conversations FORCE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE daily_usage ENABLE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE daily_usage FORCE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE document_texts ENABLE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE document_texts FORCE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE documents ENABLE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE documents FORCE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE idempotency_answers ENABLE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE idempotency_answers FORCE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE idempotency_keys FORCE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE imported_items ENABLE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE imported_items FORCE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE installation ENABLE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE login_keys ENABLE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE messages ENABLE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE messages FORCE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE model_usage ENABLE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE model_usage FORCE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE projects ENABLE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE projects FORCE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE refresh_tokens ENABLE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE refresh_tokens FORCE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE replicas ENABLE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE retrieval_traces ENABLE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE retrieval_traces FORCE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE segments ENABLE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE segments FORCE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE sessions ENABLE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE sessions FORCE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE setup_tokens ENABLE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE setup_tokens FORCE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE shared_counts ENABLE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE shares ENABLE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE shares FORCE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE templates ENABLE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE templates FORCE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE user_counters ENABLE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE user_counters FORCE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE users ENABLE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE users FORCE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE work ENABLE ROW LEVEL SECURITY
--> statement-breakpoint
ALTER TABLE work FORCE ROW LEVEL SECURITY
--> statement-breakpoint
CREATE POLICY acts ON audit_log AS PERMISSIVE FOR INSERT TO alcove_admin WITH CHECK ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid))
--> statement-breakpoint
CREATE POLICY acts ON idempotency_answers AS PERMISSIVE FOR INSERT TO alcove_admin WITH CHECK ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid))
--> statement-breakpoint
CREATE POLICY acts ON idempotency_keys AS PERMISSIVE FOR ALL TO alcove_admin USING ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid)) WITH CHECK ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid))
--> statement-breakpoint
CREATE POLICY administration ON activity AS PERMISSIVE FOR SELECT TO alcove_admin USING (true)
--> statement-breakpoint
CREATE POLICY administration ON daily_usage AS PERMISSIVE FOR SELECT TO alcove_admin USING (true)
--> statement-breakpoint
CREATE POLICY administration ON login_keys AS PERMISSIVE FOR INSERT TO alcove_admin WITH CHECK (true)
--> statement-breakpoint
CREATE POLICY administration ON model_usage AS PERMISSIVE FOR SELECT TO alcove_admin USING (true)
--> statement-breakpoint
CREATE POLICY administration ON sessions AS PERMISSIVE FOR ALL TO alcove_admin USING (true) WITH CHECK (true)
--> statement-breakpoint
CREATE POLICY administration ON setup_tokens AS PERMISSIVE FOR ALL TO alcove_admin USING (true) WITH CHECK (true)
--> statement-breakpoint
CREATE POLICY administration ON user_counters AS PERMISSIVE FOR ALL TO alcove_admin USING (true) WITH CHECK (true)
--> statement-breakpoint
CREATE POLICY administration ON users AS PERMISSIVE FOR SELECT TO alcove_admin USING (true)
--> statement-breakpoint
CREATE POLICY administration_add ON users AS PERMISSIVE FOR INSERT TO alcove_admin WITH CHECK (true)
--> statement-breakpoint
CREATE POLICY administration_change ON users AS PERMISSIVE FOR UPDATE TO alcove_admin USING (true) WITH CHECK (true)
--> statement-breakpoint
CREATE POLICY administration_first ON installation AS PERMISSIVE FOR ALL TO alcove_admin USING ((key = 'first_account'::text)) WITH CHECK ((key = 'first_account'::text))
--> statement-breakpoint
CREATE POLICY asked ON conversation_directory AS PERMISSIVE FOR SELECT TO alcove_app USING ((conversation_id = (NULLIF(current_setting('app.asked_conversation'::text, true), ''::text))::uuid))
--> statement-breakpoint
CREATE POLICY asked ON login_keys AS PERMISSIVE FOR SELECT TO alcove_app USING ((encode(sha256(convert_to(key, 'UTF8'::name)), 'hex'::text) = NULLIF(current_setting('app.asked_login'::text, true), ''::text)))
--> statement-breakpoint
CREATE POLICY due ON blob_deletions AS PERMISSIVE FOR ALL TO alcove_worker USING (true) WITH CHECK (true)
--> statement-breakpoint
CREATE POLICY due ON conversations AS PERMISSIVE FOR SELECT TO alcove_worker USING ((purge_at IS NOT NULL))
--> statement-breakpoint
CREATE POLICY due ON idempotency_keys AS PERMISSIVE FOR ALL TO alcove_worker USING (true)
--> statement-breakpoint
CREATE POLICY due ON work AS PERMISSIVE FOR SELECT TO alcove_worker USING (true)
--> statement-breakpoint
CREATE POLICY embedded ON documents AS PERMISSIVE FOR SELECT TO alcove_worker USING ((status = 'ready'::text))
--> statement-breakpoint
CREATE POLICY expired ON audit_log AS PERMISSIVE FOR ALL TO alcove_worker USING ((created_at < (now() - '1 day'::interval))) WITH CHECK ((created_at < (now() - '1 day'::interval)))
--> statement-breakpoint
CREATE POLICY first ON installation AS PERMISSIVE FOR ALL TO alcove_app USING ((key = 'first_account'::text)) WITH CHECK ((key = 'first_account'::text))
--> statement-breakpoint
CREATE POLICY own ON activity AS PERMISSIVE FOR ALL TO alcove_app USING ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid)) WITH CHECK ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid))
--> statement-breakpoint
CREATE POLICY own ON answer_events AS PERMISSIVE FOR ALL TO alcove_app USING (((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid) AND ((NULLIF(current_setting('app.conversation_id'::text, true), ''::text) IS NULL) OR (conversation_id = (NULLIF(current_setting('app.conversation_id'::text, true), ''::text))::uuid)))) WITH CHECK (((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid) AND ((NULLIF(current_setting('app.conversation_id'::text, true), ''::text) IS NULL) OR (conversation_id = (NULLIF(current_setting('app.conversation_id'::text, true), ''::text))::uuid))))
--> statement-breakpoint
CREATE POLICY own ON api_keys AS PERMISSIVE FOR ALL TO alcove_app USING ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid)) WITH CHECK ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid))
--> statement-breakpoint
CREATE POLICY own ON audit_log AS PERMISSIVE FOR ALL TO alcove_app USING ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid)) WITH CHECK ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid))
--> statement-breakpoint
CREATE POLICY own ON blob_deletions AS PERMISSIVE FOR ALL TO alcove_app USING ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid)) WITH CHECK ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid))
--> statement-breakpoint
CREATE POLICY own ON chat_bindings AS PERMISSIVE FOR ALL TO alcove_app USING (((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid) AND ((NULLIF(current_setting('app.conversation_id'::text, true), ''::text) IS NULL) OR (conversation_id = (NULLIF(current_setting('app.conversation_id'::text, true), ''::text))::uuid)))) WITH CHECK (((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid) AND ((NULLIF(current_setting('app.conversation_id'::text, true), ''::text) IS NULL) OR (conversation_id = (NULLIF(current_setting('app.conversation_id'::text, true), ''::text))::uuid))))
--> statement-breakpoint
CREATE POLICY own ON chunk_terms AS PERMISSIVE FOR ALL TO alcove_app USING (((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid) AND ((NULLIF(current_setting('app.conversation_id'::text, true), ''::text) IS NULL) OR (conversation_id = (NULLIF(current_setting('app.conversation_id'::text, true), ''::text))::uuid)))) WITH CHECK (((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid) AND ((NULLIF(current_setting('app.conversation_id'::text, true), ''::text) IS NULL) OR (conversation_id = (NULLIF(current_setting('app.conversation_id'::text, true), ''::text))::uuid))))
--> statement-breakpoint
CREATE POLICY own ON chunk_vectors AS PERMISSIVE FOR ALL TO alcove_app USING (((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid) AND ((NULLIF(current_setting('app.conversation_id'::text, true), ''::text) IS NULL) OR (conversation_id = (NULLIF(current_setting('app.conversation_id'::text, true), ''::text))::uuid)))) WITH CHECK (((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid) AND ((NULLIF(current_setting('app.conversation_id'::text, true), ''::text) IS NULL) OR (conversation_id = (NULLIF(current_setting('app.conversation_id'::text, true), ''::text))::uuid))))
--> statement-breakpoint
CREATE POLICY own ON chunks AS PERMISSIVE FOR ALL TO alcove_app USING (((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid) AND ((NULLIF(current_setting('app.conversation_id'::text, true), ''::text) IS NULL) OR (conversation_id = (NULLIF(current_setting('app.conversation_id'::text, true), ''::text))::uuid)))) WITH CHECK (((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid) AND ((NULLIF(current_setting('app.conversation_id'::text, true), ''::text) IS NULL) OR (conversation_id = (NULLIF(current_setting('app.conversation_id'::text, true), ''::text))::uuid))))
--> statement-breakpoint
CREATE POLICY own ON conversation_directory AS PERMISSIVE FOR ALL TO alcove_app USING ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid)) WITH CHECK ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid))
--> statement-breakpoint
CREATE POLICY own ON conversation_terms AS PERMISSIVE FOR ALL TO alcove_app USING (((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid) AND ((NULLIF(current_setting('app.conversation_id'::text, true), ''::text) IS NULL) OR (conversation_id = (NULLIF(current_setting('app.conversation_id'::text, true), ''::text))::uuid)))) WITH CHECK (((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid) AND ((NULLIF(current_setting('app.conversation_id'::text, true), ''::text) IS NULL) OR (conversation_id = (NULLIF(current_setting('app.conversation_id'::text, true), ''::text))::uuid))))
--> statement-breakpoint
CREATE POLICY own ON conversations AS PERMISSIVE FOR ALL TO alcove_app USING (((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid) AND ((NULLIF(current_setting('app.conversation_id'::text, true), ''::text) IS NULL) OR (id = (NULLIF(current_setting('app.conversation_id'::text, true), ''::text))::uuid)) AND ((deleted_at IS NULL) OR (NULLIF(current_setting('app.shows_deleted'::text, true), ''::text) = 'on'::text)))) WITH CHECK (((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid) AND ((NULLIF(current_setting('app.conversation_id'::text, true), ''::text) IS NULL) OR (id = (NULLIF(current_setting('app.conversation_id'::text, true), ''::text))::uuid)) AND ((deleted_at IS NULL) OR (NULLIF(current_setting('app.shows_deleted'::text, true), ''::text) = 'on'::text))))
--> statement-breakpoint
CREATE POLICY own ON daily_usage AS PERMISSIVE FOR ALL TO alcove_app USING ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid)) WITH CHECK ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid))
--> statement-breakpoint
CREATE POLICY own ON document_texts AS PERMISSIVE FOR ALL TO alcove_app USING (((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid) AND ((NULLIF(current_setting('app.conversation_id'::text, true), ''::text) IS NULL) OR (conversation_id = (NULLIF(current_setting('app.conversation_id'::text, true), ''::text))::uuid)))) WITH CHECK (((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid) AND ((NULLIF(current_setting('app.conversation_id'::text, true), ''::text) IS NULL) OR (conversation_id = (NULLIF(current_setting('app.conversation_id'::text, true), ''::text))::uuid))))
--> statement-breakpoint
CREATE POLICY own ON documents AS PERMISSIVE FOR ALL TO alcove_app USING (((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid) AND ((NULLIF(current_setting('app.conversation_id'::text, true), ''::text) IS NULL) OR (conversation_id = (NULLIF(current_setting('app.conversation_id'::text, true), ''::text))::uuid)))) WITH CHECK (((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid) AND ((NULLIF(current_setting('app.conversation_id'::text, true), ''::text) IS NULL) OR (conversation_id = (NULLIF(current_setting('app.conversation_id'::text, true), ''::text))::uuid))))
--> statement-breakpoint
CREATE POLICY own ON idempotency_answers AS PERMISSIVE FOR ALL TO alcove_app USING (((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid) AND ((NULLIF(current_setting('app.conversation_id'::text, true), ''::text) IS NULL) OR (conversation_id = (NULLIF(current_setting('app.conversation_id'::text, true), ''::text))::uuid)))) WITH CHECK (((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid) AND ((NULLIF(current_setting('app.conversation_id'::text, true), ''::text) IS NULL) OR (conversation_id = (NULLIF(current_setting('app.conversation_id'::text, true), ''::text))::uuid))))
--> statement-breakpoint
CREATE POLICY own ON idempotency_keys AS PERMISSIVE FOR ALL TO alcove_app USING ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid)) WITH CHECK ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid))
--> statement-breakpoint
CREATE POLICY own ON imported_items AS PERMISSIVE FOR ALL TO alcove_app USING (((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid) AND ((NULLIF(current_setting('app.conversation_id'::text, true), ''::text) IS NULL) OR (conversation_id = (NULLIF(current_setting('app.conversation_id'::text, true), ''::text))::uuid)))) WITH CHECK (((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid) AND ((NULLIF(current_setting('app.conversation_id'::text, true), ''::text) IS NULL) OR (conversation_id = (NULLIF(current_setting('app.conversation_id'::text, true), ''::text))::uuid))))
--> statement-breakpoint
CREATE POLICY own ON login_keys AS PERMISSIVE FOR ALL TO alcove_app USING ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid)) WITH CHECK ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid))
--> statement-breakpoint
CREATE POLICY own ON messages AS PERMISSIVE FOR ALL TO alcove_app USING (((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid) AND ((NULLIF(current_setting('app.conversation_id'::text, true), ''::text) IS NULL) OR (conversation_id = (NULLIF(current_setting('app.conversation_id'::text, true), ''::text))::uuid)))) WITH CHECK (((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid) AND ((NULLIF(current_setting('app.conversation_id'::text, true), ''::text) IS NULL) OR (conversation_id = (NULLIF(current_setting('app.conversation_id'::text, true), ''::text))::uuid))))
--> statement-breakpoint
CREATE POLICY own ON model_usage AS PERMISSIVE FOR ALL TO alcove_app USING ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid)) WITH CHECK ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid))
--> statement-breakpoint
CREATE POLICY own ON projects AS PERMISSIVE FOR ALL TO alcove_app USING ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid)) WITH CHECK ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid))
--> statement-breakpoint
CREATE POLICY own ON refresh_tokens AS PERMISSIVE FOR ALL TO alcove_app USING ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid)) WITH CHECK ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid))
--> statement-breakpoint
CREATE POLICY own ON retrieval_traces AS PERMISSIVE FOR ALL TO alcove_app USING (((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid) AND ((NULLIF(current_setting('app.conversation_id'::text, true), ''::text) IS NULL) OR (conversation_id = (NULLIF(current_setting('app.conversation_id'::text, true), ''::text))::uuid)))) WITH CHECK (((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid) AND ((NULLIF(current_setting('app.conversation_id'::text, true), ''::text) IS NULL) OR (conversation_id = (NULLIF(current_setting('app.conversation_id'::text, true), ''::text))::uuid))))
--> statement-breakpoint
CREATE POLICY own ON segments AS PERMISSIVE FOR ALL TO alcove_app USING (((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid) AND ((NULLIF(current_setting('app.conversation_id'::text, true), ''::text) IS NULL) OR (conversation_id = (NULLIF(current_setting('app.conversation_id'::text, true), ''::text))::uuid)))) WITH CHECK (((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid) AND ((NULLIF(current_setting('app.conversation_id'::text, true), ''::text) IS NULL) OR (conversation_id = (NULLIF(current_setting('app.conversation_id'::text, true), ''::text))::uuid))))
--> statement-breakpoint
CREATE POLICY own ON sessions AS PERMISSIVE FOR ALL TO alcove_app USING ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid)) WITH CHECK ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid))
--> statement-breakpoint
CREATE POLICY own ON setup_tokens AS PERMISSIVE FOR ALL TO alcove_app USING ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid)) WITH CHECK ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid))
--> statement-breakpoint
CREATE POLICY own ON shares AS PERMISSIVE FOR ALL TO alcove_app USING (((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid) AND ((NULLIF(current_setting('app.conversation_id'::text, true), ''::text) IS NULL) OR (conversation_id = (NULLIF(current_setting('app.conversation_id'::text, true), ''::text))::uuid)))) WITH CHECK (((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid) AND ((NULLIF(current_setting('app.conversation_id'::text, true), ''::text) IS NULL) OR (conversation_id = (NULLIF(current_setting('app.conversation_id'::text, true), ''::text))::uuid))))
--> statement-breakpoint
CREATE POLICY own ON templates AS PERMISSIVE FOR ALL TO alcove_app USING (((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid) AND ((NULLIF(current_setting('app.conversation_id'::text, true), ''::text) IS NULL) OR (conversation_id = (NULLIF(current_setting('app.conversation_id'::text, true), ''::text))::uuid)))) WITH CHECK (((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid) AND ((NULLIF(current_setting('app.conversation_id'::text, true), ''::text) IS NULL) OR (conversation_id = (NULLIF(current_setting('app.conversation_id'::text, true), ''::text))::uuid))))
--> statement-breakpoint
CREATE POLICY own ON user_counters AS PERMISSIVE FOR ALL TO alcove_app USING ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid)) WITH CHECK ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid))
--> statement-breakpoint
CREATE POLICY own ON users AS PERMISSIVE FOR ALL TO alcove_app USING ((id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid)) WITH CHECK ((id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid))
--> statement-breakpoint
CREATE POLICY own ON work AS PERMISSIVE FOR ALL TO alcove_app USING (((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid) AND ((NULLIF(current_setting('app.conversation_id'::text, true), ''::text) IS NULL) OR (conversation_id = (NULLIF(current_setting('app.conversation_id'::text, true), ''::text))::uuid)))) WITH CHECK (((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid) AND ((NULLIF(current_setting('app.conversation_id'::text, true), ''::text) IS NULL) OR (conversation_id = (NULLIF(current_setting('app.conversation_id'::text, true), ''::text))::uuid))))
--> statement-breakpoint
CREATE POLICY owner ON replicas AS PERMISSIVE FOR SELECT TO alcove_worker USING (false)
--> statement-breakpoint
CREATE POLICY owner ON shared_counts AS PERMISSIVE FOR SELECT TO alcove_worker USING (false)
--> statement-breakpoint
CREATE POLICY to_index ON messages AS PERMISSIVE FOR SELECT TO alcove_worker USING (((terms IS NULL) AND (status <> 'streaming'::text)))
--> statement-breakpoint
CREATE POLICY whose ON audit_log AS PERMISSIVE FOR SELECT TO alcove_admin USING (true)
--> statement-breakpoint
GRANT DELETE ON activity TO alcove_app
--> statement-breakpoint
GRANT DELETE ON answer_events TO alcove_app
--> statement-breakpoint
GRANT DELETE ON api_keys TO alcove_app
--> statement-breakpoint
GRANT DELETE ON audit_log TO alcove_worker
--> statement-breakpoint
GRANT DELETE ON blob_deletions TO alcove_app
--> statement-breakpoint
GRANT DELETE ON blob_deletions TO alcove_worker
--> statement-breakpoint
GRANT DELETE ON chat_bindings TO alcove_app
--> statement-breakpoint
GRANT DELETE ON chunk_terms TO alcove_app
--> statement-breakpoint
GRANT DELETE ON chunk_vectors TO alcove_app
--> statement-breakpoint
GRANT DELETE ON chunks TO alcove_app
--> statement-breakpoint
GRANT DELETE ON conversation_directory TO alcove_app
--> statement-breakpoint
GRANT DELETE ON conversation_terms TO alcove_app
--> statement-breakpoint
GRANT DELETE ON conversations TO alcove_app
--> statement-breakpoint
GRANT DELETE ON daily_usage TO alcove_app
--> statement-breakpoint
GRANT DELETE ON document_texts TO alcove_app
--> statement-breakpoint
GRANT DELETE ON documents TO alcove_app
--> statement-breakpoint
GRANT DELETE ON idempotency_answers TO alcove_app
--> statement-breakpoint
GRANT DELETE ON idempotency_keys TO alcove_app
--> statement-breakpoint
GRANT DELETE ON idempotency_keys TO alcove_worker
--> statement-breakpoint
GRANT DELETE ON imported_items TO alcove_app
--> statement-breakpoint
GRANT DELETE ON login_keys TO alcove_app
--> statement-breakpoint
GRANT DELETE ON messages TO alcove_app
--> statement-breakpoint
GRANT DELETE ON model_usage TO alcove_app
--> statement-breakpoint
GRANT DELETE ON projects TO alcove_app
--> statement-breakpoint
GRANT DELETE ON refresh_tokens TO alcove_app
--> statement-breakpoint
GRANT DELETE ON retrieval_traces TO alcove_app
--> statement-breakpoint
GRANT DELETE ON segments TO alcove_app
--> statement-breakpoint
GRANT DELETE ON sessions TO alcove_app
--> statement-breakpoint
GRANT DELETE ON setup_tokens TO alcove_admin
--> statement-breakpoint
GRANT DELETE ON setup_tokens TO alcove_app
--> statement-breakpoint
GRANT DELETE ON shares TO alcove_app
--> statement-breakpoint
GRANT DELETE ON templates TO alcove_app
--> statement-breakpoint
GRANT DELETE ON user_counters TO alcove_app
--> statement-breakpoint
GRANT DELETE ON users TO alcove_app
--> statement-breakpoint
GRANT DELETE ON work TO alcove_app
--> statement-breakpoint
GRANT INSERT ON activity TO alcove_app
--> statement-breakpoint
GRANT INSERT ON answer_events TO alcove_app
--> statement-breakpoint
GRANT INSERT ON api_keys TO alcove_app
--> statement-breakpoint
GRANT INSERT ON audit_log TO alcove_admin
--> statement-breakpoint
GRANT INSERT ON audit_log TO alcove_app
--> statement-breakpoint
GRANT INSERT ON blob_deletions TO alcove_app
--> statement-breakpoint
GRANT INSERT ON chat_bindings TO alcove_app
--> statement-breakpoint
GRANT INSERT ON chunk_terms TO alcove_app
--> statement-breakpoint
GRANT INSERT ON chunk_vectors TO alcove_app
--> statement-breakpoint
GRANT INSERT ON chunks TO alcove_app
--> statement-breakpoint
GRANT INSERT ON conversation_directory TO alcove_app
--> statement-breakpoint
GRANT INSERT ON conversation_terms TO alcove_app
--> statement-breakpoint
GRANT INSERT ON conversations TO alcove_app
--> statement-breakpoint
GRANT INSERT ON daily_usage TO alcove_app
--> statement-breakpoint
GRANT INSERT ON document_texts TO alcove_app
--> statement-breakpoint
GRANT INSERT ON documents TO alcove_app
--> statement-breakpoint
GRANT INSERT ON idempotency_answers TO alcove_admin
--> statement-breakpoint
GRANT INSERT ON idempotency_answers TO alcove_app
--> statement-breakpoint
GRANT INSERT ON idempotency_keys TO alcove_app
--> statement-breakpoint
GRANT INSERT ON imported_items TO alcove_app
--> statement-breakpoint
GRANT INSERT ON installation TO alcove_admin
--> statement-breakpoint
GRANT INSERT ON installation TO alcove_app
--> statement-breakpoint
GRANT INSERT ON login_keys TO alcove_admin
--> statement-breakpoint
GRANT INSERT ON login_keys TO alcove_app
--> statement-breakpoint
GRANT INSERT ON messages TO alcove_app
--> statement-breakpoint
GRANT INSERT ON model_usage TO alcove_app
--> statement-breakpoint
GRANT INSERT ON projects TO alcove_app
--> statement-breakpoint
GRANT INSERT ON refresh_tokens TO alcove_app
--> statement-breakpoint
GRANT INSERT ON retrieval_traces TO alcove_app
--> statement-breakpoint
GRANT INSERT ON segments TO alcove_app
--> statement-breakpoint
GRANT INSERT ON sessions TO alcove_app
--> statement-breakpoint
GRANT INSERT ON setup_tokens TO alcove_admin
--> statement-breakpoint
GRANT INSERT ON setup_tokens TO alcove_app
--> statement-breakpoint
GRANT INSERT ON shares TO alcove_app
--> statement-breakpoint
GRANT INSERT ON templates TO alcove_app
--> statement-breakpoint
GRANT INSERT ON user_counters TO alcove_admin
--> statement-breakpoint
GRANT INSERT ON user_counters TO alcove_app
--> statement-breakpoint
GRANT INSERT ON users TO alcove_admin
--> statement-breakpoint
GRANT INSERT ON users TO alcove_app
--> statement-breakpoint
GRANT INSERT ON work TO alcove_app
--> statement-breakpoint
GRANT SELECT (action) ON audit_log TO alcove_admin
--> statement-breakpoint
GRANT SELECT (address) ON audit_log TO alcove_admin
--> statement-breakpoint
GRANT SELECT (address) ON audit_log TO alcove_worker
--> statement-breakpoint
GRANT SELECT (answers) ON daily_usage TO alcove_admin
--> statement-breakpoint
GRANT SELECT (answers) ON model_usage TO alcove_admin
--> statement-breakpoint
GRANT SELECT (assistant_messages) ON activity TO alcove_admin
--> statement-breakpoint
GRANT SELECT (assistant_messages) ON user_counters TO alcove_admin
--> statement-breakpoint
GRANT SELECT (bytes) ON daily_usage TO alcove_admin
--> statement-breakpoint
GRANT SELECT (bytes) ON user_counters TO alcove_admin
--> statement-breakpoint
GRANT SELECT (cache_hits) ON daily_usage TO alcove_admin
--> statement-breakpoint
GRANT SELECT (cache_hits) ON user_counters TO alcove_admin
--> statement-breakpoint
GRANT SELECT (cache_misses) ON user_counters TO alcove_admin
--> statement-breakpoint
GRANT SELECT (chunk_count) ON documents TO alcove_worker
--> statement-breakpoint
GRANT SELECT (chunks) ON user_counters TO alcove_admin
--> statement-breakpoint
GRANT SELECT (cited) ON daily_usage TO alcove_admin
--> statement-breakpoint
GRANT SELECT (contradicted_citations) ON daily_usage TO alcove_admin
--> statement-breakpoint
GRANT SELECT (conversation_id) ON documents TO alcove_worker
--> statement-breakpoint
GRANT SELECT (conversation_id) ON work TO alcove_worker
--> statement-breakpoint
GRANT SELECT (conversations) ON user_counters TO alcove_admin
--> statement-breakpoint
GRANT SELECT (created_at) ON audit_log TO alcove_admin
--> statement-breakpoint
GRANT SELECT (created_at) ON audit_log TO alcove_worker
--> statement-breakpoint
GRANT SELECT (created_at) ON users TO alcove_admin
--> statement-breakpoint
GRANT SELECT (day) ON activity TO alcove_admin
--> statement-breakpoint
GRANT SELECT (day) ON daily_usage TO alcove_admin
--> statement-breakpoint
GRANT SELECT (day) ON model_usage TO alcove_admin
--> statement-breakpoint
GRANT SELECT (deleted_at) ON conversations TO alcove_worker
--> statement-breakpoint
GRANT SELECT (documents) ON daily_usage TO alcove_admin
--> statement-breakpoint
GRANT SELECT (documents) ON user_counters TO alcove_admin
--> statement-breakpoint
GRANT SELECT (due_at) ON work TO alcove_worker
--> statement-breakpoint
GRANT SELECT (email) ON users TO alcove_admin
--> statement-breakpoint
GRANT SELECT (embed_ms) ON daily_usage TO alcove_admin
--> statement-breakpoint
GRANT SELECT (embedding_model) ON documents TO alcove_worker
--> statement-breakpoint
GRANT SELECT (expires_at) ON idempotency_keys TO alcove_worker
--> statement-breakpoint
GRANT SELECT (expires_at) ON setup_tokens TO alcove_admin
--> statement-breakpoint
GRANT SELECT (failed) ON daily_usage TO alcove_admin
--> statement-breakpoint
GRANT SELECT (from_documents) ON daily_usage TO alcove_admin
--> statement-breakpoint
GRANT SELECT (fuse_ms) ON daily_usage TO alcove_admin
--> statement-breakpoint
GRANT SELECT (generate_ms) ON daily_usage TO alcove_admin
--> statement-breakpoint
GRANT SELECT (id) ON audit_log TO alcove_admin
--> statement-breakpoint
GRANT SELECT (id) ON audit_log TO alcove_worker
--> statement-breakpoint
GRANT SELECT (id) ON conversations TO alcove_worker
--> statement-breakpoint
GRANT SELECT (id) ON documents TO alcove_worker
--> statement-breakpoint
GRANT SELECT (id) ON users TO alcove_admin
--> statement-breakpoint
GRANT SELECT (input_tokens) ON model_usage TO alcove_admin
--> statement-breakpoint
GRANT SELECT (input_tokens) ON user_counters TO alcove_admin
--> statement-breakpoint
GRANT SELECT (item_id) ON work TO alcove_worker
--> statement-breakpoint
GRANT SELECT (key) ON idempotency_keys TO alcove_admin
--> statement-breakpoint
GRANT SELECT (key) ON installation TO alcove_admin
--> statement-breakpoint
GRANT SELECT (keyword_ms) ON daily_usage TO alcove_admin
--> statement-breakpoint
GRANT SELECT (keyword_version) ON documents TO alcove_worker
--> statement-breakpoint
GRANT SELECT (kind) ON work TO alcove_worker
--> statement-breakpoint
GRANT SELECT (legal_hold) ON users TO alcove_admin
--> statement-breakpoint
GRANT SELECT (messages) ON activity TO alcove_admin
--> statement-breakpoint
GRANT SELECT (model) ON model_usage TO alcove_admin
--> statement-breakpoint
GRANT SELECT (name) ON users TO alcove_admin
--> statement-breakpoint
GRANT SELECT (output_tokens) ON model_usage TO alcove_admin
--> statement-breakpoint
GRANT SELECT (output_tokens) ON user_counters TO alcove_admin
--> statement-breakpoint
GRANT SELECT (passages_version) ON documents TO alcove_worker
--> statement-breakpoint
GRANT SELECT (purge_at) ON conversations TO alcove_worker
--> statement-breakpoint
GRANT SELECT (purpose) ON setup_tokens TO alcove_admin
--> statement-breakpoint
GRANT SELECT (quarter_messages) ON activity TO alcove_admin
--> statement-breakpoint
GRANT SELECT (quarter_questions) ON activity TO alcove_admin
--> statement-breakpoint
GRANT SELECT (questions) ON activity TO alcove_admin
--> statement-breakpoint
GRANT SELECT (quota_bytes) ON users TO alcove_admin
--> statement-breakpoint
GRANT SELECT (quota_documents) ON users TO alcove_admin
--> statement-breakpoint
GRANT SELECT (quota_messages_per_minute) ON users TO alcove_admin
--> statement-breakpoint
GRANT SELECT (rerank_ms) ON daily_usage TO alcove_admin
--> statement-breakpoint
GRANT SELECT (retention_days) ON users TO alcove_admin
--> statement-breakpoint
GRANT SELECT (retrievals) ON daily_usage TO alcove_admin
--> statement-breakpoint
GRANT SELECT (revoked_at) ON sessions TO alcove_admin
--> statement-breakpoint
GRANT SELECT (rewrite_ms) ON daily_usage TO alcove_admin
--> statement-breakpoint
GRANT SELECT (role) ON users TO alcove_admin
--> statement-breakpoint
GRANT SELECT (searchable_chunks) ON documents TO alcove_worker
--> statement-breakpoint
GRANT SELECT (status) ON documents TO alcove_worker
--> statement-breakpoint
GRANT SELECT (status) ON idempotency_keys TO alcove_admin
--> statement-breakpoint
GRANT SELECT (status) ON users TO alcove_admin
--> statement-breakpoint
GRANT SELECT (system_messages) ON activity TO alcove_admin
--> statement-breakpoint
GRANT SELECT (system_messages) ON user_counters TO alcove_admin
--> statement-breakpoint
GRANT SELECT (target) ON audit_log TO alcove_admin
--> statement-breakpoint
GRANT SELECT (target) ON work TO alcove_worker
--> statement-breakpoint
GRANT SELECT (timed) ON daily_usage TO alcove_admin
--> statement-breakpoint
GRANT SELECT (token) ON idempotency_keys TO alcove_admin
--> statement-breakpoint
GRANT SELECT (token_version) ON users TO alcove_admin
--> statement-breakpoint
GRANT SELECT (total_ms) ON daily_usage TO alcove_admin
--> statement-breakpoint
GRANT SELECT (unverified_citations) ON daily_usage TO alcove_admin
--> statement-breakpoint
GRANT SELECT (user_id) ON activity TO alcove_admin
--> statement-breakpoint
GRANT SELECT (user_id) ON audit_log TO alcove_admin
--> statement-breakpoint
GRANT SELECT (user_id) ON audit_log TO alcove_worker
--> statement-breakpoint
GRANT SELECT (user_id) ON conversations TO alcove_worker
--> statement-breakpoint
GRANT SELECT (user_id) ON documents TO alcove_worker
--> statement-breakpoint
GRANT SELECT (user_id) ON idempotency_keys TO alcove_admin
--> statement-breakpoint
GRANT SELECT (user_id) ON idempotency_keys TO alcove_worker
--> statement-breakpoint
GRANT SELECT (user_id) ON messages TO alcove_worker
--> statement-breakpoint
GRANT SELECT (user_id) ON sessions TO alcove_admin
--> statement-breakpoint
GRANT SELECT (user_id) ON setup_tokens TO alcove_admin
--> statement-breakpoint
GRANT SELECT (user_id) ON work TO alcove_worker
--> statement-breakpoint
GRANT SELECT (user_messages) ON activity TO alcove_admin
--> statement-breakpoint
GRANT SELECT (user_messages) ON user_counters TO alcove_admin
--> statement-breakpoint
GRANT SELECT (vector_ms) ON daily_usage TO alcove_admin
--> statement-breakpoint
GRANT SELECT (vectors_version) ON documents TO alcove_worker
--> statement-breakpoint
GRANT SELECT (verified_citations) ON daily_usage TO alcove_admin
--> statement-breakpoint
GRANT SELECT (within_15s) ON daily_usage TO alcove_admin
--> statement-breakpoint
GRANT SELECT (within_2s) ON daily_usage TO alcove_admin
--> statement-breakpoint
GRANT SELECT (within_5s) ON daily_usage TO alcove_admin
--> statement-breakpoint
GRANT SELECT (within_60s) ON daily_usage TO alcove_admin
--> statement-breakpoint
GRANT SELECT ON activity TO alcove_app
--> statement-breakpoint
GRANT SELECT ON answer_events TO alcove_app
--> statement-breakpoint
GRANT SELECT ON api_keys TO alcove_app
--> statement-breakpoint
GRANT SELECT ON audit_log TO alcove_app
--> statement-breakpoint
GRANT SELECT ON blob_deletions TO alcove_app
--> statement-breakpoint
GRANT SELECT ON blob_deletions TO alcove_worker
--> statement-breakpoint
GRANT SELECT ON chat_bindings TO alcove_app
--> statement-breakpoint
GRANT SELECT ON chunk_terms TO alcove_app
--> statement-breakpoint
GRANT SELECT ON chunk_vectors TO alcove_app
--> statement-breakpoint
GRANT SELECT ON chunks TO alcove_app
--> statement-breakpoint
GRANT SELECT ON conversation_directory TO alcove_app
--> statement-breakpoint
GRANT SELECT ON conversation_terms TO alcove_app
--> statement-breakpoint
GRANT SELECT ON conversations TO alcove_app
--> statement-breakpoint
GRANT SELECT ON daily_usage TO alcove_app
--> statement-breakpoint
GRANT SELECT ON document_texts TO alcove_app
--> statement-breakpoint
GRANT SELECT ON documents TO alcove_app
--> statement-breakpoint
GRANT SELECT ON idempotency_answers TO alcove_app
--> statement-breakpoint
GRANT SELECT ON idempotency_keys TO alcove_app
--> statement-breakpoint
GRANT SELECT ON imported_items TO alcove_app
--> statement-breakpoint
GRANT SELECT ON installation TO alcove_app
--> statement-breakpoint
GRANT SELECT ON login_keys TO alcove_app
--> statement-breakpoint
GRANT SELECT ON messages TO alcove_app
--> statement-breakpoint
GRANT SELECT ON model_usage TO alcove_app
--> statement-breakpoint
GRANT SELECT ON projects TO alcove_app
--> statement-breakpoint
GRANT SELECT ON refresh_tokens TO alcove_app
--> statement-breakpoint
GRANT SELECT ON retrieval_traces TO alcove_app
--> statement-breakpoint
GRANT SELECT ON segments TO alcove_app
--> statement-breakpoint
GRANT SELECT ON sessions TO alcove_app
--> statement-breakpoint
GRANT SELECT ON setup_tokens TO alcove_app
--> statement-breakpoint
GRANT SELECT ON shares TO alcove_app
--> statement-breakpoint
GRANT SELECT ON templates TO alcove_app
--> statement-breakpoint
GRANT SELECT ON user_counters TO alcove_app
--> statement-breakpoint
GRANT SELECT ON users TO alcove_app
--> statement-breakpoint
GRANT SELECT ON work TO alcove_app
--> statement-breakpoint
GRANT UPDATE (address) ON audit_log TO alcove_worker
--> statement-breakpoint
GRANT UPDATE (bytes) ON idempotency_keys TO alcove_admin
--> statement-breakpoint
GRANT UPDATE (legal_hold) ON users TO alcove_admin
--> statement-breakpoint
GRANT UPDATE (name) ON users TO alcove_admin
--> statement-breakpoint
GRANT UPDATE (password_hash) ON users TO alcove_admin
--> statement-breakpoint
GRANT UPDATE (quota_bytes) ON users TO alcove_admin
--> statement-breakpoint
GRANT UPDATE (quota_documents) ON users TO alcove_admin
--> statement-breakpoint
GRANT UPDATE (quota_messages_per_minute) ON users TO alcove_admin
--> statement-breakpoint
GRANT UPDATE (request_hash) ON idempotency_keys TO alcove_admin
--> statement-breakpoint
GRANT UPDATE (retention_days) ON users TO alcove_admin
--> statement-breakpoint
GRANT UPDATE (revoked_at) ON sessions TO alcove_admin
--> statement-breakpoint
GRANT UPDATE (role) ON users TO alcove_admin
--> statement-breakpoint
GRANT UPDATE (status) ON idempotency_keys TO alcove_admin
--> statement-breakpoint
GRANT UPDATE (status) ON users TO alcove_admin
--> statement-breakpoint
GRANT UPDATE (token_version) ON users TO alcove_admin
--> statement-breakpoint
GRANT UPDATE (updated_at) ON users TO alcove_admin
--> statement-breakpoint
GRANT UPDATE ON activity TO alcove_app
--> statement-breakpoint
GRANT UPDATE ON answer_events TO alcove_app
--> statement-breakpoint
GRANT UPDATE ON api_keys TO alcove_app
--> statement-breakpoint
GRANT UPDATE ON blob_deletions TO alcove_app
--> statement-breakpoint
GRANT UPDATE ON blob_deletions TO alcove_worker
--> statement-breakpoint
GRANT UPDATE ON chat_bindings TO alcove_app
--> statement-breakpoint
GRANT UPDATE ON chunk_vectors TO alcove_app
--> statement-breakpoint
GRANT UPDATE ON chunks TO alcove_app
--> statement-breakpoint
GRANT UPDATE ON conversation_terms TO alcove_app
--> statement-breakpoint
GRANT UPDATE ON conversations TO alcove_app
--> statement-breakpoint
GRANT UPDATE ON daily_usage TO alcove_app
--> statement-breakpoint
GRANT UPDATE ON document_texts TO alcove_app
--> statement-breakpoint
GRANT UPDATE ON documents TO alcove_app
--> statement-breakpoint
GRANT UPDATE ON idempotency_answers TO alcove_app
--> statement-breakpoint
GRANT UPDATE ON idempotency_keys TO alcove_app
--> statement-breakpoint
GRANT UPDATE ON imported_items TO alcove_app
--> statement-breakpoint
GRANT UPDATE ON messages TO alcove_app
--> statement-breakpoint
GRANT UPDATE ON model_usage TO alcove_app
--> statement-breakpoint
GRANT UPDATE ON projects TO alcove_app
--> statement-breakpoint
GRANT UPDATE ON refresh_tokens TO alcove_app
--> statement-breakpoint
GRANT UPDATE ON retrieval_traces TO alcove_app
--> statement-breakpoint
GRANT UPDATE ON segments TO alcove_app
--> statement-breakpoint
GRANT UPDATE ON sessions TO alcove_app
--> statement-breakpoint
GRANT UPDATE ON setup_tokens TO alcove_admin
--> statement-breakpoint
GRANT UPDATE ON setup_tokens TO alcove_app
--> statement-breakpoint
GRANT UPDATE ON shares TO alcove_app
--> statement-breakpoint
GRANT UPDATE ON templates TO alcove_app
--> statement-breakpoint
GRANT UPDATE ON user_counters TO alcove_app
--> statement-breakpoint
GRANT UPDATE ON users TO alcove_app
--> statement-breakpoint
GRANT UPDATE ON work TO alcove_app
--> statement-breakpoint
GRANT USAGE ON SCHEMA public TO alcove_admin
--> statement-breakpoint
GRANT USAGE ON SCHEMA public TO alcove_app
--> statement-breakpoint
GRANT USAGE ON SCHEMA public TO alcove_worker
