CREATE TABLE "work" (
	"user_id" uuid NOT NULL,
	"conversation_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"item_id" uuid NOT NULL,
	"document_id" uuid,
	"message_id" uuid,
	"target" text DEFAULT '' NOT NULL,
	"due_at" timestamp with time zone NOT NULL,
	"token" uuid,
	"owner" text,
	"attempts" integer DEFAULT 0 NOT NULL,
	"stop_requested" boolean DEFAULT false NOT NULL,
	CONSTRAINT "work_user_id_conversation_id_kind_item_id_target_pk" PRIMARY KEY("user_id","conversation_id","kind","item_id","target"),
	CONSTRAINT "work_item" CHECK (item_id = coalesce(document_id, message_id) AND num_nonnulls(document_id, message_id) = 1)
);
--> statement-breakpoint
ALTER TABLE "documents" ADD COLUMN "title" text;--> statement-breakpoint
ALTER TABLE "documents" ADD COLUMN "revision" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "documents" ADD COLUMN "passages_version" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "documents" ADD COLUMN "keyword_version" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "work" ADD CONSTRAINT "work_document" FOREIGN KEY ("user_id","conversation_id","document_id") REFERENCES "public"."documents"("user_id","conversation_id","id") ON DELETE cascade ON UPDATE cascade;--> statement-breakpoint
ALTER TABLE "work" ADD CONSTRAINT "work_message" FOREIGN KEY ("user_id","conversation_id","message_id") REFERENCES "public"."messages"("user_id","conversation_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "work_due" ON "work" USING btree ("kind","user_id","due_at");--> statement-breakpoint
CREATE INDEX "documents_by_version" ON "documents" USING btree ("passages_version","keyword_version") WHERE status = 'ready';
--> statement-breakpoint
-- What was being read goes on as work; the owner of a table is bound by its policies while they are forced.
ALTER TABLE documents NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
INSERT INTO work (user_id, conversation_id, kind, item_id, document_id, due_at)
  SELECT user_id, conversation_id, 'ingest', id, id, due_at FROM documents WHERE due_at IS NOT NULL;
--> statement-breakpoint
ALTER TABLE documents FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE work ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE work FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY own ON work TO alcove_app
  USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid
    AND (nullif(current_setting('app.conversation_id', true), '') IS NULL
      OR conversation_id = nullif(current_setting('app.conversation_id', true), '')::uuid))
  WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid
    AND (nullif(current_setting('app.conversation_id', true), '') IS NULL
      OR conversation_id = nullif(current_setting('app.conversation_id', true), '')::uuid));
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON work TO alcove_app;
--> statement-breakpoint

-- The worker sees what is due over all users: ids and times, never a name or content.
CREATE POLICY due ON work FOR SELECT TO alcove_worker USING (true);
--> statement-breakpoint
GRANT SELECT (user_id, conversation_id, kind, item_id, target, due_at) ON work TO alcove_worker;
--> statement-breakpoint
GRANT SELECT (passages_version, keyword_version) ON documents TO alcove_worker;
