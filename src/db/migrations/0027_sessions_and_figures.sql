ALTER TABLE "retrieval_traces" ADD COLUMN "figures" jsonb;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "last_used_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "program" text;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "system" text;