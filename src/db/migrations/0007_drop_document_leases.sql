DROP POLICY due ON documents;
--> statement-breakpoint
ALTER TABLE "re_embeddings" DISABLE ROW LEVEL SECURITY;--> statement-breakpoint
DROP TABLE "re_embeddings" CASCADE;--> statement-breakpoint
DROP INDEX "documents_due";--> statement-breakpoint
ALTER TABLE "documents" DROP COLUMN "attempts";--> statement-breakpoint
ALTER TABLE "documents" DROP COLUMN "due_at";--> statement-breakpoint
ALTER TABLE "documents" DROP COLUMN "lease_owner";
--> statement-breakpoint
-- The job queue's own tables: the rows of `work` say what is due.
DROP SCHEMA IF EXISTS alcove_jobs CASCADE;
