ALTER TABLE "chunk_vectors" DROP CONSTRAINT "chunk_vectors_document";--> statement-breakpoint
ALTER TABLE "chunks" DROP CONSTRAINT "chunks_document";--> statement-breakpoint
ALTER TABLE "document_texts" DROP CONSTRAINT "document_texts_document";--> statement-breakpoint
ALTER TABLE "idempotency_answers" DROP CONSTRAINT "idempotency_answers_document";--> statement-breakpoint
ALTER TABLE "segments" DROP CONSTRAINT "segments_document";--> statement-breakpoint
ALTER TABLE "work" DROP CONSTRAINT "work_document";--> statement-breakpoint
ALTER TABLE "documents" DROP CONSTRAINT "documents_in_conversation";--> statement-breakpoint
ALTER TABLE "documents" DROP CONSTRAINT "documents_user_id_id_pk";--> statement-breakpoint
ALTER TABLE "documents" ADD CONSTRAINT "documents_user_id_conversation_id_id_pk" PRIMARY KEY("user_id","conversation_id","id");--> statement-breakpoint
CREATE INDEX "documents_by_id" ON "documents" USING btree ("user_id","id");--> statement-breakpoint
ALTER TABLE "chunk_vectors" ADD CONSTRAINT "chunk_vectors_document" FOREIGN KEY ("user_id","conversation_id","document_id") REFERENCES "public"."documents"("user_id","conversation_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "chunks" ADD CONSTRAINT "chunks_document" FOREIGN KEY ("user_id","conversation_id","document_id") REFERENCES "public"."documents"("user_id","conversation_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "document_texts" ADD CONSTRAINT "document_texts_document" FOREIGN KEY ("user_id","conversation_id","document_id") REFERENCES "public"."documents"("user_id","conversation_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "idempotency_answers" ADD CONSTRAINT "idempotency_answers_document" FOREIGN KEY ("user_id","conversation_id","document_id") REFERENCES "public"."documents"("user_id","conversation_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "segments" ADD CONSTRAINT "segments_document" FOREIGN KEY ("user_id","conversation_id","document_id") REFERENCES "public"."documents"("user_id","conversation_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "work" ADD CONSTRAINT "work_document" FOREIGN KEY ("user_id","conversation_id","document_id") REFERENCES "public"."documents"("user_id","conversation_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "blob_deletions" DROP CONSTRAINT "blob_deletions_pkey";--> statement-breakpoint
ALTER TABLE "blob_deletions" ADD CONSTRAINT "blob_deletions_user_id_blob_key_pk" PRIMARY KEY("user_id","blob_key");
--> statement-breakpoint
-- A copy of a document names the same original: its user finds out whether another row still does, and takes it back.
GRANT UPDATE, DELETE ON blob_deletions TO alcove_app;
--> statement-breakpoint
-- In PL/pgSQL: a distributed database plans no parameters of SQL functions.
DO $$
DECLARE
  options text := format('STABLE SECURITY DEFINER SET search_path = %I, pg_temp', current_schema());
BEGIN
  EXECUTE 'CREATE OR REPLACE FUNCTION alcove_conversation_exists(wanted uuid) RETURNS boolean LANGUAGE plpgsql '
    || options || $f$ AS $body$ BEGIN RETURN EXISTS (SELECT 1 FROM conversation_directory WHERE conversation_id = wanted); END $body$ $f$;
  EXECUTE 'CREATE OR REPLACE FUNCTION alcove_find_login(wanted text) RETURNS uuid LANGUAGE plpgsql '
    || options || $f$ AS $body$ BEGIN RETURN (SELECT user_id FROM login_keys WHERE key = wanted); END $body$ $f$;
END $$;
