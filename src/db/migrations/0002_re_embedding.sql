CREATE TABLE "re_embeddings" (
	"user_id" uuid NOT NULL,
	"conversation_id" uuid NOT NULL,
	"model" text NOT NULL,
	"lease_owner" text,
	"due_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "re_embeddings_user_id_conversation_id_pk" PRIMARY KEY("user_id","conversation_id")
);
--> statement-breakpoint
ALTER TABLE "chunk_vectors" ADD COLUMN "content_hash" "bytea";--> statement-breakpoint
ALTER TABLE "re_embeddings" ADD CONSTRAINT "re_embeddings_conversation" FOREIGN KEY ("user_id","conversation_id") REFERENCES "public"."conversations"("user_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "re_embeddings_due" ON "re_embeddings" USING btree ("due_at");--> statement-breakpoint
CREATE INDEX "chunk_vectors_by_content" ON "chunk_vectors" USING btree ("user_id","model","content_hash") WHERE content_hash is not null;--> statement-breakpoint
CREATE INDEX "documents_by_model" ON "documents" USING btree ("embedding_model") WHERE status = 'ready';