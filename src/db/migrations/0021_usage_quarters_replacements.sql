CREATE TABLE "model_usage" (
	"user_id" uuid NOT NULL,
	"day" date NOT NULL,
	"model" text NOT NULL,
	"answers" integer DEFAULT 0 NOT NULL,
	"input_tokens" bigint DEFAULT 0 NOT NULL,
	"output_tokens" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "model_usage_user_id_day_model_pk" PRIMARY KEY("user_id","day","model")
);
--> statement-breakpoint
ALTER TABLE "activity" ADD COLUMN "quarter_messages" integer[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "activity" ADD COLUMN "quarter_questions" integer[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "conversations" ADD COLUMN "kept_chat_ids" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "documents" ADD COLUMN "replacement_blob_key" text;--> statement-breakpoint
ALTER TABLE "documents" ADD COLUMN "replacement" jsonb;--> statement-breakpoint
ALTER TABLE "model_usage" ADD CONSTRAINT "model_usage_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE model_usage ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE model_usage FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY own ON model_usage TO alcove_app
  USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid)
  WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON model_usage TO alcove_app;
--> statement-breakpoint
CREATE POLICY administration ON model_usage FOR SELECT TO alcove_admin USING (true);
--> statement-breakpoint
GRANT SELECT (model, answers, input_tokens, output_tokens) ON model_usage TO alcove_admin;
--> statement-breakpoint
-- How many people were there on a day of another time zone, which is of two rows of the same person.
GRANT SELECT (user_id, quarter_messages, quarter_questions) ON activity TO alcove_admin;
