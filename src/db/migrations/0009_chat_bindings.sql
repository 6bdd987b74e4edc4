CREATE TABLE "chat_bindings" (
	"user_id" uuid NOT NULL,
	"conversation_id" uuid NOT NULL,
	"chat_id" text NOT NULL,
	CONSTRAINT "chat_bindings_user_id_chat_id_pk" PRIMARY KEY("user_id","chat_id")
);
--> statement-breakpoint
DROP INDEX "conversations_by_activity";--> statement-breakpoint
ALTER TABLE "chat_bindings" ADD CONSTRAINT "chat_bindings_conversation" FOREIGN KEY ("user_id","conversation_id") REFERENCES "public"."conversations"("user_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "chat_bindings_by_conversation" ON "chat_bindings" USING btree ("user_id","conversation_id");--> statement-breakpoint
CREATE INDEX "conversations_in_order" ON "conversations" USING btree ("user_id","status","pinned","activity_at","id");
--> statement-breakpoint
ALTER TABLE chat_bindings ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE chat_bindings FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY own ON chat_bindings TO alcove_app
  USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid
    AND (nullif(current_setting('app.conversation_id', true), '') IS NULL
      OR conversation_id = nullif(current_setting('app.conversation_id', true), '')::uuid))
  WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid
    AND (nullif(current_setting('app.conversation_id', true), '') IS NULL
      OR conversation_id = nullif(current_setting('app.conversation_id', true), '')::uuid));
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON chat_bindings TO alcove_app;
