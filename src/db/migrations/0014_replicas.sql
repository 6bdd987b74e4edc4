CREATE TABLE "replicas" (
	"id" text PRIMARY KEY NOT NULL,
	"note" text NOT NULL,
	"seen_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "shared_counts" (
	"key" text PRIMARY KEY NOT NULL,
	"replica" text,
	"topic" text,
	"count" integer NOT NULL,
	"ends_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE INDEX "shared_counts_topic" ON "shared_counts" USING btree ("topic");
--> statement-breakpoint
ALTER TABLE replicas ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY owner ON replicas FOR SELECT TO alcove_worker USING (false);
--> statement-breakpoint
ALTER TABLE shared_counts ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY owner ON shared_counts FOR SELECT TO alcove_worker USING (false);
--> statement-breakpoint
-- Of running processes only: a crash of the database may forget them.
ALTER TABLE replicas SET UNLOGGED;
--> statement-breakpoint
ALTER TABLE shared_counts SET UNLOGGED;
