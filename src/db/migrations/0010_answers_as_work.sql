-- Answers that are being written become work; the owner of a table is bound by its policies while they are forced.
ALTER TABLE generations NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE work NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
INSERT INTO work (user_id, conversation_id, kind, item_id, message_id, due_at, stop_requested)
  SELECT user_id, conversation_id, 'answer', message_id, message_id, lease_until, stop_requested FROM generations;
--> statement-breakpoint
ALTER TABLE work FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
DROP TABLE "generations" CASCADE;
