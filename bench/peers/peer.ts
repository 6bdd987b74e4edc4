import type { MadeDocument } from '../synthetic/collection.ts';

/** A conversation with its chunks numbered over all conversations, which is how every store names them here. */
export interface BulkConversation {
  id: string;
  /** Place of the conversation among all, for stores that key by number. */
  place: number;
  documents: MadeDocument[];
  /** Number of its first chunk. */
  first: number;
  size: number;
  /** Whether it is asked questions later. */
  measured: boolean;
}

/** A question with the place of its conversation. */
export interface PlacedQuestion {
  place: number;
  text: string;
  vector: Float32Array;
}

export interface NumberedText {
  number: number;
  content: string;
}

/** Another way to search the chunks of one conversation among those of many. */
export interface Peer {
  name: string;
  /** Versions and settings, for the report. */
  about: string;
  /** Set when it holds the measured conversations alone, because the others cannot change its answers. */
  holdsMeasuredOnly?: boolean;
  add(conversation: BulkConversation): Promise<void>;
  /** Builds what is built at the end. */
  finish(): Promise<void>;
  /** Numbers of the nearest chunks, best first. */
  nearest(conversation: BulkConversation, vector: Float32Array, k: number): Promise<number[]>;
  /** Both legs fused, with content; absent where there is no such thing. */
  hybrid?(
    conversation: BulkConversation,
    text: string,
    vector: Float32Array,
    k: number,
  ): Promise<NumberedText[]>;
  /** Calls per second of two clients, where they need threads of their own. */
  twoClients?(
    kind: 'nearest' | 'hybrid',
    questions: readonly PlacedQuestion[],
    k: number,
    ms: number,
  ): Promise<number>;
  diskBytes(): Promise<number>;
  /** Resident memory of its own process, where it has one. */
  rssBytes?(): Promise<number>;
  close(): Promise<void>;
}

export interface PeerContext {
  /** A database of the same PostgreSQL server, for the peers that live there. */
  databaseUrl: string;
  /** For the files of the others. */
  folder: string;
  dimensions: number;
}

/** One way to open a peer. @throws when it cannot run here; the reason goes into the report */
export interface PeerKind {
  name: string;
  open(context: PeerContext): Promise<Peer>;
}

export function* numbered(
  conversation: BulkConversation,
): Generator<{ number: number; text: string; vector: Float32Array }> {
  let number = conversation.first;
  for (const { chunks } of conversation.documents) {
    for (const { text, vector } of chunks) {
      yield { number, text, vector };
      number += 1;
    }
  }
}

/** Words of a question for a full-text query that wants any of them. */
export function wordsOf(question: string): string[] {
  return [...new Set(question.toLowerCase().match(/[a-z]{2,}/g) ?? [])];
}
