/** A message as a session store held it. */
export interface SessionMessage {
  role: 'user' | 'assistant' | 'system';
  content: string;
  /** Null where the store kept none. */
  at: Date | null;
  /** What else the store said of it. */
  extra: Record<string, unknown>;
}

/** One session of one person: becomes a conversation. */
export interface Session {
  /** Names it in the store for good: the key, or what several keys have in common. */
  id: string;
  /** Whose it is, in the store's own words; null when the store does not say. */
  user: string | null;
  title: string | null;
  createdAt: Date | null;
  /** Oldest first. */
  messages: SessionMessage[];
  /** Milliseconds that the store would have kept it for; null: for ever. */
  ttlMs: number | null;
}

/** Messages of a session that lie under keys of their own, as some stores write them. */
export interface SessionPart extends Session {
  isPart: true;
}

/** A key and its value, whatever the type. */
export interface StoredKey {
  key: string;
  value: StoredValue;
  ttlMs: number | null;
}

export type StoredValue =
  | { type: 'string'; bytes: Buffer }
  | { type: 'hash'; fields: Record<string, string> }
  | { type: 'list'; items: string[] }
  | { type: 'stream'; entries: { id: string; fields: Record<string, string> }[] }
  | { type: 'zset'; members: { value: string; score: number }[] }
  | { type: 'json'; value: unknown }
  | { type: 'other'; name: string };
