DROP INDEX "documents_by_model";--> statement-breakpoint
ALTER TABLE "chunks" ADD COLUMN "content_hash" uuid;--> statement-breakpoint
ALTER TABLE "documents" ADD COLUMN "vectors_version" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
CREATE INDEX "chunks_by_content" ON "chunks" USING btree ("user_id","content_hash") WHERE content_hash is not null;--> statement-breakpoint
CREATE INDEX "documents_by_model" ON "documents" USING btree ("embedding_model","vectors_version") WHERE status = 'ready';
--> statement-breakpoint
-- The worker finds documents whose vectors are kept as they were before.
GRANT SELECT (vectors_version) ON documents TO alcove_worker;
