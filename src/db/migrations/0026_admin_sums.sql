GRANT SELECT (user_messages, assistant_messages, system_messages, cache_hits, cache_misses) ON user_counters TO alcove_admin;
--> statement-breakpoint
GRANT SELECT (user_messages, assistant_messages, system_messages) ON activity TO alcove_admin;
