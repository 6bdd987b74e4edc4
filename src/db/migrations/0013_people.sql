CREATE TABLE "setup_tokens" (
	"user_id" uuid NOT NULL,
	"purpose" text NOT NULL,
	"token_hash" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "setup_tokens_user_id_purpose_pk" PRIMARY KEY("user_id","purpose")
);
--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "quota_documents" integer;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "quota_bytes" bigint;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "quota_messages_per_minute" integer;--> statement-breakpoint
ALTER TABLE "setup_tokens" ADD CONSTRAINT "setup_tokens_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "activity_by_day" ON "activity" USING btree ("day");--> statement-breakpoint
CREATE INDEX "audit_log_by_time" ON "audit_log" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "audit_log_whole_addresses" ON "audit_log" USING btree ("created_at") WHERE address is not null and position('/' in address) = 0;
--> statement-breakpoint
ALTER TABLE setup_tokens ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE setup_tokens FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY own ON setup_tokens TO alcove_app
  USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid)
  WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON setup_tokens TO alcove_app;
--> statement-breakpoint

-- The administrator's role makes and changes accounts; it sees neither secrets nor what is in an account.
CREATE POLICY administration ON setup_tokens TO alcove_admin USING (true) WITH CHECK (true);
--> statement-breakpoint
GRANT SELECT (user_id, purpose, expires_at), INSERT, UPDATE, DELETE ON setup_tokens TO alcove_admin;
--> statement-breakpoint
CREATE POLICY administration_add ON users FOR INSERT TO alcove_admin WITH CHECK (true);
--> statement-breakpoint
GRANT SELECT (quota_documents, quota_bytes, quota_messages_per_minute, token_version), INSERT,
  UPDATE (name, password_hash, token_version, quota_documents, quota_bytes, quota_messages_per_minute) ON users TO alcove_admin;
--> statement-breakpoint
CREATE POLICY administration ON login_keys FOR INSERT TO alcove_admin WITH CHECK (true);
--> statement-breakpoint
GRANT INSERT ON login_keys TO alcove_admin;
--> statement-breakpoint
CREATE POLICY administration_first ON installation TO alcove_admin
  USING (key = 'first_account') WITH CHECK (key = 'first_account');
--> statement-breakpoint
GRANT SELECT (key), INSERT ON installation TO alcove_admin;
--> statement-breakpoint
CREATE POLICY administration ON sessions TO alcove_admin USING (true) WITH CHECK (true);
--> statement-breakpoint
GRANT SELECT (user_id, revoked_at), UPDATE (revoked_at) ON sessions TO alcove_admin;
--> statement-breakpoint
CREATE POLICY administration ON user_counters TO alcove_admin USING (true) WITH CHECK (true);
--> statement-breakpoint
GRANT SELECT (conversations, documents, chunks, bytes, input_tokens, output_tokens), INSERT ON user_counters TO alcove_admin;
--> statement-breakpoint
CREATE POLICY administration ON activity FOR SELECT TO alcove_admin USING (true);
--> statement-breakpoint
GRANT SELECT (day, messages, questions) ON activity TO alcove_admin;
--> statement-breakpoint

-- What an administrator does is written down, and their Idempotency-Key settled, in the transaction that does it.
CREATE POLICY acts ON audit_log FOR INSERT TO alcove_admin
  WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
--> statement-breakpoint
GRANT SELECT (id, action, target, address, created_at), INSERT ON audit_log TO alcove_admin;
--> statement-breakpoint
CREATE POLICY acts ON idempotency_keys TO alcove_admin
  USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid)
  WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
--> statement-breakpoint
GRANT SELECT (user_id, key, token, status), UPDATE (request_hash, status, bytes) ON idempotency_keys TO alcove_admin;
--> statement-breakpoint
CREATE POLICY acts ON idempotency_answers FOR INSERT TO alcove_admin
  WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
--> statement-breakpoint
GRANT INSERT ON idempotency_answers TO alcove_admin;
--> statement-breakpoint

-- Nothing of the last day can be changed or removed, whatever the settings say.
CREATE POLICY expired ON audit_log TO alcove_worker
  USING (created_at < now() - interval '1 day') WITH CHECK (created_at < now() - interval '1 day');
--> statement-breakpoint
GRANT SELECT (user_id, id, address, created_at), UPDATE (address), DELETE ON audit_log TO alcove_worker;
