CREATE TABLE "daily_usage" (
	"user_id" uuid NOT NULL,
	"day" date NOT NULL,
	"answers" bigint DEFAULT 0 NOT NULL,
	"failed" bigint DEFAULT 0 NOT NULL,
	"from_documents" bigint DEFAULT 0 NOT NULL,
	"cited" bigint DEFAULT 0 NOT NULL,
	"verified_citations" bigint DEFAULT 0 NOT NULL,
	"unverified_citations" bigint DEFAULT 0 NOT NULL,
	"contradicted_citations" bigint DEFAULT 0 NOT NULL,
	"retrievals" bigint DEFAULT 0 NOT NULL,
	"cache_hits" bigint DEFAULT 0 NOT NULL,
	"timed" bigint DEFAULT 0 NOT NULL,
	"within_2s" bigint DEFAULT 0 NOT NULL,
	"within_5s" bigint DEFAULT 0 NOT NULL,
	"within_15s" bigint DEFAULT 0 NOT NULL,
	"within_60s" bigint DEFAULT 0 NOT NULL,
	"total_ms" bigint DEFAULT 0 NOT NULL,
	"rewrite_ms" bigint DEFAULT 0 NOT NULL,
	"embed_ms" bigint DEFAULT 0 NOT NULL,
	"vector_ms" bigint DEFAULT 0 NOT NULL,
	"keyword_ms" bigint DEFAULT 0 NOT NULL,
	"fuse_ms" bigint DEFAULT 0 NOT NULL,
	"rerank_ms" bigint DEFAULT 0 NOT NULL,
	"generate_ms" bigint DEFAULT 0 NOT NULL,
	"documents" bigint DEFAULT 0 NOT NULL,
	"bytes" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "daily_usage_user_id_day_pk" PRIMARY KEY("user_id","day")
);
--> statement-breakpoint
ALTER TABLE "daily_usage" ADD CONSTRAINT "daily_usage_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "daily_usage_by_day" ON "daily_usage" USING btree ("day");
--> statement-breakpoint
ALTER TABLE daily_usage ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE daily_usage FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY own ON daily_usage TO alcove_app
  USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid)
  WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON daily_usage TO alcove_app;
--> statement-breakpoint
CREATE POLICY administration ON daily_usage FOR SELECT TO alcove_admin USING (true);
--> statement-breakpoint
GRANT SELECT (day, answers, failed, from_documents, cited, verified_citations, unverified_citations, contradicted_citations,
  retrievals, cache_hits, timed, within_2s, within_5s, within_15s, within_60s, total_ms, rewrite_ms, embed_ms, vector_ms, keyword_ms,
  fuse_ms, rerank_ms, generate_ms, documents, bytes) ON daily_usage TO alcove_admin;
--> statement-breakpoint
GRANT SELECT (day) ON model_usage TO alcove_admin;
