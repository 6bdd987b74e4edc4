import type { Person } from '../../test/support/person.ts';

/** A message that the server acknowledged. */
export interface AcknowledgedMessage {
  id: string;
  content: string;
}

/** A conversation that only appends messages: its history is known word for word. */
export interface AppendedTo {
  id: string;
  messages: AcknowledgedMessage[];
  /** Messages that were sent and not acknowledged: each may be there once, behind those acknowledged before it. */
  unsure: number;
}

export interface UploadedDocument {
  id: string;
  text: string;
  conversationId: string;
  /** `unsure`: its deletion was asked for and not acknowledged. */
  state: 'there' | 'unsure' | 'gone';
}

/** A move of everything in one conversation to another, by deleting the first. */
export interface Move {
  from: string;
  to: string;
  isDone: boolean;
}

export interface AskedQuestion {
  conversationId: string;
  /** Ids as the stream told them. */
  messageId: string;
  userMessageId: string;
  question: string;
  /** Events that came, this one's share of what was acknowledged. */
  events: number;
  /** When it was announced, by `performance.now()`. */
  since: number;
  /** The text that came before the connection was lost. */
  seen: string;
  /** The whole answer, when its end was seen. */
  whole: string | null;
}

/** A change of another kind that was acknowledged, and how it is found again. */
export interface AcknowledgedChange {
  what: string;
  /** @throws BrokenPromise where it is lost */
  verify: (person: Person) => Promise<void>;
}

/** What clients know, noted when they were told and not before. */
export interface Ledger {
  appended: AppendedTo[];
  documents: UploadedDocument[];
  moves: Move[];
  questions: AskedQuestion[];
  changes: AcknowledgedChange[];
}

export function emptyLedger(): Ledger {
  return { appended: [], documents: [], moves: [], questions: [], changes: [] };
}

export function acknowledgedIn(
  ledger: Ledger,
): Record<'messages' | 'documents' | 'answers' | 'events' | 'changes', number> {
  return {
    messages: ledger.appended.reduce((sum, { messages }) => sum + messages.length, 0),
    documents: ledger.documents.length,
    answers: ledger.questions.length,
    changes: ledger.changes.length,
    events: ledger.questions.reduce((sum, { events }) => sum + events, 0),
  };
}
