CREATE TABLE "idempotency_answers" (
	"user_id" uuid NOT NULL,
	"key" text NOT NULL,
	"conversation_id" uuid,
	"message_id" uuid,
	"document_id" uuid,
	"response" text NOT NULL,
	CONSTRAINT "idempotency_answers_user_id_key_pk" PRIMARY KEY("user_id","key")
);
--> statement-breakpoint
ALTER TABLE "idempotency_keys" ADD COLUMN "token" uuid;--> statement-breakpoint
ALTER TABLE "idempotency_keys" ADD COLUMN "bytes" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "idempotency_answers" ADD CONSTRAINT "idempotency_answers_key" FOREIGN KEY ("user_id","key") REFERENCES "public"."idempotency_keys"("user_id","key") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "idempotency_answers" ADD CONSTRAINT "idempotency_answers_conversation" FOREIGN KEY ("user_id","conversation_id") REFERENCES "public"."conversations"("user_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "idempotency_answers" ADD CONSTRAINT "idempotency_answers_message" FOREIGN KEY ("user_id","conversation_id","message_id") REFERENCES "public"."messages"("user_id","conversation_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "idempotency_answers" ADD CONSTRAINT "idempotency_answers_document" FOREIGN KEY ("user_id","conversation_id","document_id") REFERENCES "public"."documents"("user_id","conversation_id","id") ON DELETE cascade ON UPDATE cascade;--> statement-breakpoint
CREATE INDEX "idempotency_answers_by_conversation" ON "idempotency_answers" USING btree ("user_id","conversation_id");--> statement-breakpoint
ALTER TABLE idempotency_answers ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE idempotency_answers FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY own ON idempotency_answers TO alcove_app
  USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid
    AND (nullif(current_setting('app.conversation_id', true), '') IS NULL
      OR conversation_id = nullif(current_setting('app.conversation_id', true), '')::uuid))
  WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid
    AND (nullif(current_setting('app.conversation_id', true), '') IS NULL
      OR conversation_id = nullif(current_setting('app.conversation_id', true), '')::uuid));
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_answers TO alcove_app;
--> statement-breakpoint
-- Answers of before hold what was deleted since, and secrets: they are forgotten.
ALTER TABLE idempotency_keys NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
DELETE FROM idempotency_keys;
--> statement-breakpoint
ALTER TABLE idempotency_keys FORCE ROW LEVEL SECURITY;
