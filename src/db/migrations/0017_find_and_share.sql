CREATE TABLE "conversation_terms" (
	"user_id" uuid NOT NULL,
	"conversation_id" uuid NOT NULL,
	"title" text NOT NULL,
	"terms" "tsvector" NOT NULL,
	CONSTRAINT "conversation_terms_user_id_conversation_id_pk" PRIMARY KEY("user_id","conversation_id")
);
--> statement-breakpoint
CREATE TABLE "imported_items" (
	"user_id" uuid NOT NULL,
	"source" text NOT NULL,
	"external_id" text NOT NULL,
	"conversation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "imported_items_user_id_source_external_id_pk" PRIMARY KEY("user_id","source","external_id")
);
--> statement-breakpoint
CREATE TABLE "shares" (
	"user_id" uuid NOT NULL,
	"conversation_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"token_hash" text NOT NULL,
	"password_hash" text,
	"recipient" text,
	"revision" integer DEFAULT 1 NOT NULL,
	"leaf_id" uuid NOT NULL,
	"document_ids" uuid[] NOT NULL,
	"snapshot" text NOT NULL,
	"views" integer DEFAULT 0 NOT NULL,
	"expires_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "shares_user_id_id_pk" PRIMARY KEY("user_id","id"),
	CONSTRAINT "shares_by_token" UNIQUE("user_id","token_hash")
);
--> statement-breakpoint
ALTER TABLE "conversation_terms" ADD CONSTRAINT "conversation_terms_conversation" FOREIGN KEY ("user_id","conversation_id") REFERENCES "public"."conversations"("user_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "imported_items" ADD CONSTRAINT "imported_items_conversation" FOREIGN KEY ("user_id","conversation_id") REFERENCES "public"."conversations"("user_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shares" ADD CONSTRAINT "shares_conversation" FOREIGN KEY ("user_id","conversation_id") REFERENCES "public"."conversations"("user_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "imported_items_by_conversation" ON "imported_items" USING btree ("user_id","conversation_id");--> statement-breakpoint
CREATE INDEX "shares_by_conversation" ON "shares" USING btree ("user_id","conversation_id");
--> statement-breakpoint
-- Not in schema.ts: no query but search's own should read them with the row. Null: not indexed yet.
ALTER TABLE messages ADD COLUMN terms tsvector;
--> statement-breakpoint
ALTER TABLE chunks ADD COLUMN terms tsvector;
--> statement-breakpoint
CREATE INDEX messages_to_index ON messages (user_id) WHERE terms IS NULL AND status <> 'streaming';
--> statement-breakpoint
CREATE INDEX chunks_to_index ON chunks (user_id) WHERE terms IS NULL;
--> statement-breakpoint
CREATE INDEX messages_by_terms ON messages USING gin (terms) WITH (fastupdate = off);
--> statement-breakpoint
CREATE INDEX chunks_by_terms ON chunks USING gin (terms) WITH (fastupdate = off);
--> statement-breakpoint
CREATE INDEX conversation_terms_by_terms ON conversation_terms USING gin (terms) WITH (fastupdate = off);
--> statement-breakpoint
-- The worker learns whose rows wait, never what is in them.
CREATE POLICY to_index ON messages FOR SELECT TO alcove_worker USING (terms IS NULL AND status <> 'streaming');
--> statement-breakpoint
GRANT SELECT (user_id) ON messages TO alcove_worker;
--> statement-breakpoint
CREATE POLICY to_index ON chunks FOR SELECT TO alcove_worker USING (terms IS NULL);
--> statement-breakpoint
GRANT SELECT (user_id) ON chunks TO alcove_worker;

--> statement-breakpoint
ALTER TABLE conversation_terms ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE conversation_terms FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY own ON conversation_terms TO alcove_app
  USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid
    AND (nullif(current_setting('app.conversation_id', true), '') IS NULL
      OR conversation_id = nullif(current_setting('app.conversation_id', true), '')::uuid))
  WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid
    AND (nullif(current_setting('app.conversation_id', true), '') IS NULL
      OR conversation_id = nullif(current_setting('app.conversation_id', true), '')::uuid));
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON conversation_terms TO alcove_app;
--> statement-breakpoint
ALTER TABLE shares ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE shares FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY own ON shares TO alcove_app
  USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid
    AND (nullif(current_setting('app.conversation_id', true), '') IS NULL
      OR conversation_id = nullif(current_setting('app.conversation_id', true), '')::uuid))
  WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid
    AND (nullif(current_setting('app.conversation_id', true), '') IS NULL
      OR conversation_id = nullif(current_setting('app.conversation_id', true), '')::uuid));
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON shares TO alcove_app;
--> statement-breakpoint
ALTER TABLE imported_items ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE imported_items FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY own ON imported_items TO alcove_app
  USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid
    AND (nullif(current_setting('app.conversation_id', true), '') IS NULL
      OR conversation_id = nullif(current_setting('app.conversation_id', true), '')::uuid))
  WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid
    AND (nullif(current_setting('app.conversation_id', true), '') IS NULL
      OR conversation_id = nullif(current_setting('app.conversation_id', true), '')::uuid));
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON imported_items TO alcove_app;
