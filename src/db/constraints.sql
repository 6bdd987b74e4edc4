-- Keys as of 0029_vectors_once; written by "npm run isolation".
--> statement-breakpoint
ALTER TABLE activity ADD CONSTRAINT activity_user_id_day_pk PRIMARY KEY (user_id, day)
--> statement-breakpoint
ALTER TABLE answer_events ADD CONSTRAINT answer_events_user_id_conversation_id_message_id_seq_pk PRIMARY KEY (user_id, conversation_id, message_id, seq)
--> statement-breakpoint
ALTER TABLE api_keys ADD CONSTRAINT api_keys_user_id_id_pk PRIMARY KEY (user_id, id)
--> statement-breakpoint
ALTER TABLE audit_log ADD CONSTRAINT audit_log_user_id_id_pk PRIMARY KEY (user_id, id)
--> statement-breakpoint
ALTER TABLE blob_deletions ADD CONSTRAINT blob_deletions_user_id_blob_key_pk PRIMARY KEY (user_id, blob_key)
--> statement-breakpoint
ALTER TABLE chat_bindings ADD CONSTRAINT chat_bindings_user_id_chat_id_pk PRIMARY KEY (user_id, chat_id)
--> statement-breakpoint
ALTER TABLE chunk_terms ADD CONSTRAINT chunk_terms_user_id_conversation_id_document_id_ordinal_pk PRIMARY KEY (user_id, conversation_id, document_id, ordinal)
--> statement-breakpoint
ALTER TABLE chunk_vectors ADD CONSTRAINT chunk_vectors_user_id_conversation_id_document_id_model_ordinal PRIMARY KEY (user_id, conversation_id, document_id, model, ordinal)
--> statement-breakpoint
ALTER TABLE chunks ADD CONSTRAINT chunks_user_id_conversation_id_document_id_ordinal_pk PRIMARY KEY (user_id, conversation_id, document_id, ordinal)
--> statement-breakpoint
ALTER TABLE conversation_directory ADD CONSTRAINT conversation_directory_pkey PRIMARY KEY (conversation_id)
--> statement-breakpoint
ALTER TABLE conversation_terms ADD CONSTRAINT conversation_terms_user_id_conversation_id_pk PRIMARY KEY (user_id, conversation_id)
--> statement-breakpoint
ALTER TABLE conversations ADD CONSTRAINT conversations_user_id_id_pk PRIMARY KEY (user_id, id)
--> statement-breakpoint
ALTER TABLE daily_usage ADD CONSTRAINT daily_usage_user_id_day_pk PRIMARY KEY (user_id, day)
--> statement-breakpoint
ALTER TABLE document_texts ADD CONSTRAINT document_texts_user_id_conversation_id_document_id_pk PRIMARY KEY (user_id, conversation_id, document_id)
--> statement-breakpoint
ALTER TABLE documents ADD CONSTRAINT documents_user_id_conversation_id_id_pk PRIMARY KEY (user_id, conversation_id, id)
--> statement-breakpoint
ALTER TABLE idempotency_answers ADD CONSTRAINT idempotency_answers_user_id_key_pk PRIMARY KEY (user_id, key)
--> statement-breakpoint
ALTER TABLE idempotency_keys ADD CONSTRAINT idempotency_keys_user_id_key_pk PRIMARY KEY (user_id, key)
--> statement-breakpoint
ALTER TABLE imported_items ADD CONSTRAINT imported_items_user_id_source_external_id_pk PRIMARY KEY (user_id, source, external_id)
--> statement-breakpoint
ALTER TABLE installation ADD CONSTRAINT installation_pkey PRIMARY KEY (key)
--> statement-breakpoint
ALTER TABLE login_keys ADD CONSTRAINT login_keys_pkey PRIMARY KEY (key)
--> statement-breakpoint
ALTER TABLE messages ADD CONSTRAINT messages_user_id_id_pk PRIMARY KEY (user_id, id)
--> statement-breakpoint
ALTER TABLE model_usage ADD CONSTRAINT model_usage_user_id_day_model_pk PRIMARY KEY (user_id, day, model)
--> statement-breakpoint
ALTER TABLE projects ADD CONSTRAINT projects_user_id_id_pk PRIMARY KEY (user_id, id)
--> statement-breakpoint
ALTER TABLE refresh_tokens ADD CONSTRAINT refresh_tokens_user_id_token_hash_pk PRIMARY KEY (user_id, token_hash)
--> statement-breakpoint
ALTER TABLE replicas ADD CONSTRAINT replicas_pkey PRIMARY KEY (id)
--> statement-breakpoint
ALTER TABLE retrieval_traces ADD CONSTRAINT retrieval_traces_user_id_conversation_id_message_id_pk PRIMARY KEY (user_id, conversation_id, message_id)
--> statement-breakpoint
ALTER TABLE segments ADD CONSTRAINT segments_user_id_conversation_id_document_id_kind_pk PRIMARY KEY (user_id, conversation_id, document_id, kind)
--> statement-breakpoint
ALTER TABLE sessions ADD CONSTRAINT sessions_user_id_id_pk PRIMARY KEY (user_id, id)
--> statement-breakpoint
ALTER TABLE setup_tokens ADD CONSTRAINT setup_tokens_user_id_purpose_pk PRIMARY KEY (user_id, purpose)
--> statement-breakpoint
ALTER TABLE shared_counts ADD CONSTRAINT shared_counts_pkey PRIMARY KEY (key)
--> statement-breakpoint
ALTER TABLE shares ADD CONSTRAINT shares_user_id_id_pk PRIMARY KEY (user_id, id)
--> statement-breakpoint
ALTER TABLE templates ADD CONSTRAINT templates_user_id_id_pk PRIMARY KEY (user_id, id)
--> statement-breakpoint
ALTER TABLE user_counters ADD CONSTRAINT user_counters_pkey PRIMARY KEY (user_id)
--> statement-breakpoint
ALTER TABLE users ADD CONSTRAINT users_pkey PRIMARY KEY (id)
--> statement-breakpoint
ALTER TABLE work ADD CONSTRAINT work_user_id_conversation_id_kind_item_id_target_pk PRIMARY KEY (user_id, conversation_id, kind, item_id, target)
--> statement-breakpoint
ALTER TABLE messages ADD CONSTRAINT messages_by_seq UNIQUE (user_id, conversation_id, seq)
--> statement-breakpoint
ALTER TABLE messages ADD CONSTRAINT messages_in_conversation UNIQUE (user_id, conversation_id, id)
--> statement-breakpoint
ALTER TABLE shares ADD CONSTRAINT shares_by_token UNIQUE (user_id, token_hash)
--> statement-breakpoint
ALTER TABLE activity ADD CONSTRAINT activity_user_id_users_id_fk FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
--> statement-breakpoint
ALTER TABLE answer_events ADD CONSTRAINT answer_events_message FOREIGN KEY (user_id, conversation_id, message_id) REFERENCES messages(user_id, conversation_id, id) ON DELETE CASCADE
--> statement-breakpoint
ALTER TABLE api_keys ADD CONSTRAINT api_keys_conversation FOREIGN KEY (user_id, conversation_id) REFERENCES conversations(user_id, id) ON DELETE CASCADE
--> statement-breakpoint
ALTER TABLE api_keys ADD CONSTRAINT api_keys_user_id_users_id_fk FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
--> statement-breakpoint
ALTER TABLE chat_bindings ADD CONSTRAINT chat_bindings_conversation FOREIGN KEY (user_id, conversation_id) REFERENCES conversations(user_id, id) ON DELETE CASCADE
--> statement-breakpoint
ALTER TABLE chunk_terms ADD CONSTRAINT chunk_terms_document FOREIGN KEY (user_id, conversation_id, document_id) REFERENCES documents(user_id, conversation_id, id) ON DELETE CASCADE
--> statement-breakpoint
ALTER TABLE chunk_vectors ADD CONSTRAINT chunk_vectors_document FOREIGN KEY (user_id, conversation_id, document_id) REFERENCES documents(user_id, conversation_id, id) ON DELETE CASCADE
--> statement-breakpoint
ALTER TABLE chunks ADD CONSTRAINT chunks_document FOREIGN KEY (user_id, conversation_id, document_id) REFERENCES documents(user_id, conversation_id, id) ON DELETE CASCADE
--> statement-breakpoint
ALTER TABLE conversation_terms ADD CONSTRAINT conversation_terms_conversation FOREIGN KEY (user_id, conversation_id) REFERENCES conversations(user_id, id) ON DELETE CASCADE
--> statement-breakpoint
ALTER TABLE conversations ADD CONSTRAINT conversations_project FOREIGN KEY (user_id, project_id) REFERENCES projects(user_id, id)
--> statement-breakpoint
ALTER TABLE conversations ADD CONSTRAINT conversations_user_id_users_id_fk FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
--> statement-breakpoint
ALTER TABLE daily_usage ADD CONSTRAINT daily_usage_user_id_users_id_fk FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
--> statement-breakpoint
ALTER TABLE document_texts ADD CONSTRAINT document_texts_document FOREIGN KEY (user_id, conversation_id, document_id) REFERENCES documents(user_id, conversation_id, id) ON DELETE CASCADE
--> statement-breakpoint
ALTER TABLE documents ADD CONSTRAINT documents_conversation FOREIGN KEY (user_id, conversation_id) REFERENCES conversations(user_id, id) ON DELETE CASCADE
--> statement-breakpoint
ALTER TABLE idempotency_answers ADD CONSTRAINT idempotency_answers_conversation FOREIGN KEY (user_id, conversation_id) REFERENCES conversations(user_id, id) ON DELETE CASCADE
--> statement-breakpoint
ALTER TABLE idempotency_answers ADD CONSTRAINT idempotency_answers_document FOREIGN KEY (user_id, conversation_id, document_id) REFERENCES documents(user_id, conversation_id, id) ON DELETE CASCADE
--> statement-breakpoint
ALTER TABLE idempotency_answers ADD CONSTRAINT idempotency_answers_key FOREIGN KEY (user_id, key) REFERENCES idempotency_keys(user_id, key) ON DELETE CASCADE
--> statement-breakpoint
ALTER TABLE idempotency_answers ADD CONSTRAINT idempotency_answers_message FOREIGN KEY (user_id, conversation_id, message_id) REFERENCES messages(user_id, conversation_id, id) ON DELETE CASCADE
--> statement-breakpoint
ALTER TABLE idempotency_keys ADD CONSTRAINT idempotency_keys_user_id_users_id_fk FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
--> statement-breakpoint
ALTER TABLE imported_items ADD CONSTRAINT imported_items_conversation FOREIGN KEY (user_id, conversation_id) REFERENCES conversations(user_id, id) ON DELETE CASCADE
--> statement-breakpoint
ALTER TABLE messages ADD CONSTRAINT messages_conversation FOREIGN KEY (user_id, conversation_id) REFERENCES conversations(user_id, id) ON DELETE CASCADE
--> statement-breakpoint
ALTER TABLE messages ADD CONSTRAINT messages_parent FOREIGN KEY (user_id, conversation_id, parent_id) REFERENCES messages(user_id, conversation_id, id) ON DELETE CASCADE
--> statement-breakpoint
ALTER TABLE model_usage ADD CONSTRAINT model_usage_user_id_users_id_fk FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
--> statement-breakpoint
ALTER TABLE projects ADD CONSTRAINT projects_user_id_users_id_fk FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
--> statement-breakpoint
ALTER TABLE refresh_tokens ADD CONSTRAINT refresh_tokens_user_id_session_id_sessions_user_id_id_fk FOREIGN KEY (user_id, session_id) REFERENCES sessions(user_id, id) ON DELETE CASCADE
--> statement-breakpoint
ALTER TABLE retrieval_traces ADD CONSTRAINT retrieval_traces_message FOREIGN KEY (user_id, conversation_id, message_id) REFERENCES messages(user_id, conversation_id, id) ON DELETE CASCADE
--> statement-breakpoint
ALTER TABLE segments ADD CONSTRAINT segments_document FOREIGN KEY (user_id, conversation_id, document_id) REFERENCES documents(user_id, conversation_id, id) ON DELETE CASCADE
--> statement-breakpoint
ALTER TABLE sessions ADD CONSTRAINT sessions_user_id_users_id_fk FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
--> statement-breakpoint
ALTER TABLE setup_tokens ADD CONSTRAINT setup_tokens_user_id_users_id_fk FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
--> statement-breakpoint
ALTER TABLE shares ADD CONSTRAINT shares_conversation FOREIGN KEY (user_id, conversation_id) REFERENCES conversations(user_id, id) ON DELETE CASCADE
--> statement-breakpoint
ALTER TABLE templates ADD CONSTRAINT templates_conversation FOREIGN KEY (user_id, conversation_id) REFERENCES conversations(user_id, id) ON DELETE CASCADE
--> statement-breakpoint
ALTER TABLE user_counters ADD CONSTRAINT user_counters_user_id_users_id_fk FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
--> statement-breakpoint
ALTER TABLE work ADD CONSTRAINT work_document FOREIGN KEY (user_id, conversation_id, document_id) REFERENCES documents(user_id, conversation_id, id) ON DELETE CASCADE
--> statement-breakpoint
ALTER TABLE work ADD CONSTRAINT work_message FOREIGN KEY (user_id, conversation_id, message_id) REFERENCES messages(user_id, conversation_id, id) ON DELETE CASCADE
