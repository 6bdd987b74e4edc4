CREATE TABLE "chunk_terms" (
	"user_id" uuid NOT NULL,
	"conversation_id" uuid NOT NULL,
	"document_id" uuid NOT NULL,
	"ordinal" integer NOT NULL,
	"terms" "tsvector" NOT NULL,
	CONSTRAINT "chunk_terms_user_id_conversation_id_document_id_ordinal_pk" PRIMARY KEY("user_id","conversation_id","document_id","ordinal")
);
--> statement-breakpoint
ALTER TABLE "documents" ADD COLUMN "searchable_chunks" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "chunk_terms" ADD CONSTRAINT "chunk_terms_document" FOREIGN KEY ("user_id","conversation_id","document_id") REFERENCES "public"."documents"("user_id","conversation_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "documents_to_index" ON "documents" USING btree ("user_id") WHERE status = 'ready' and searchable_chunks < chunk_count;
--> statement-breakpoint
-- Out of line: counting the passages that hold a word reads narrow rows, and never the lexemes.
ALTER TABLE chunk_terms SET (toast_tuple_target = 128);
--> statement-breakpoint
CREATE INDEX chunk_terms_by_terms ON chunk_terms USING gin (terms) WITH (fastupdate = off);
--> statement-breakpoint
ALTER TABLE chunk_terms ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE chunk_terms FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY own ON chunk_terms TO alcove_app
  USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid
    AND (nullif(current_setting('app.conversation_id', true), '') IS NULL
      OR conversation_id = nullif(current_setting('app.conversation_id', true), '')::uuid))
  WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid
    AND (nullif(current_setting('app.conversation_id', true), '') IS NULL
      OR conversation_id = nullif(current_setting('app.conversation_id', true), '')::uuid));
--> statement-breakpoint
-- Written once: a document that changes or moves is indexed anew.
GRANT SELECT, INSERT, DELETE ON chunk_terms TO alcove_app;
--> statement-breakpoint
-- The worker learns of ready documents (the policy `embedded`) whose passages wait.
GRANT SELECT (searchable_chunks) ON documents TO alcove_worker;
--> statement-breakpoint
-- The whole table's: Citus takes that to its parts, and the column's with it.
REVOKE SELECT ON chunks FROM alcove_worker;
--> statement-breakpoint
-- Its indexes and its policy `to_index` go with it, on the parts of Citus too.
ALTER TABLE chunks DROP COLUMN terms CASCADE;
