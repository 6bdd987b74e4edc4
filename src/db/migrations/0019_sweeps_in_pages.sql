CREATE INDEX "login_keys_by_user" ON "login_keys" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "users_by_time" ON "users" USING btree ("created_at","id");
--> statement-breakpoint
-- Expired keys go user by user.
GRANT SELECT (user_id) ON idempotency_keys TO alcove_worker;
--> statement-breakpoint
-- Whoever names a conversation, or a login key, finds out whether it is taken; a function that runs as its owner cannot
-- say so where the rows are on another machine.
CREATE POLICY asked ON conversation_directory FOR SELECT TO alcove_app
  USING (conversation_id = nullif(current_setting('app.asked_conversation', true), '')::uuid);
--> statement-breakpoint
CREATE POLICY asked ON login_keys FOR SELECT TO alcove_app
  USING (encode(sha256(convert_to(key, 'UTF8')), 'hex') = nullif(current_setting('app.asked_login', true), ''));
--> statement-breakpoint
DROP FUNCTION alcove_conversation_exists(uuid);
--> statement-breakpoint
DROP FUNCTION alcove_find_login(text);
