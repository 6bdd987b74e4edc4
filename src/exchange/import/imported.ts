import type { Readable } from 'node:stream';
import type { ConversationSettings, ImportSource } from '@alcove/contract';
import type { KeptFeedback } from '../../conversations/tree-store.ts';
import type { DocumentRow } from '../../documents/store.ts';
import type { NewTemplate } from '../../templates/template-store.ts';

export interface ImportedMessage {
  /** Of the other product; only these messages know it. */
  key: string;
  parentKey: string | null;
  role: 'user' | 'assistant' | 'system';
  content: string;
  createdAt: Date | null;
  /** Any JSON value. */
  metadata: unknown;
  status?: 'complete' | 'incomplete' | 'failed' | 'cancelled';
  feedback?: KeptFeedback | null;
}

export interface ImportedDocument {
  /** As the messages name it. */
  id: string;
  name: string;
  /** Where it is in its archive. */
  path: string;
  /** Of its content, where the item says it. */
  sha256: string | null;
  contextMode?: DocumentRow['contextMode'];
}

/** What only exports from here say of a conversation. */
export interface OwnFields {
  conversationType: 'general' | 'rag_query';
  settings: ConversationSettings;
  project: ImportedProject | null;
  /** Where it holds the starter documents of a template. */
  template: Pick<NewTemplate, 'name' | 'description' | 'settings' | 'starterQuestions'> | null;
}

export interface ImportedProject {
  name: string;
  prompt: string | null;
}

/** A conversation as another product has it, in one form for all of them. */
export interface ImportedConversation {
  source: ImportSource;
  externalId: string;
  title: string;
  createdAt: Date | null;
  updatedAt: Date | null;
  messages: ImportedMessage[];
  activeKey: string | null;
  pinned: boolean;
  archived: boolean;
  tags: string[];
  documents: ImportedDocument[];
  own?: OwnFields;
}

export type OpenDocument = (path: string) => Promise<Readable | null>;

/** An item of a file that somebody gives: a value, and where documents are that it names. */
export interface GivenItem {
  /** Read already, or why it could not be. */
  value: unknown;
  fault: string | null;
  /** Of its JSON. */
  characters: number;
  openDocument: OpenDocument;
}

/** What one product writes. A file may hold items of one of them only, but each is looked at by itself. */
export interface ImportFormat {
  source: ImportSource;
  recognises(item: Record<string, unknown>): boolean;
  /** @throws ImportFault */
  read(item: Record<string, unknown>): ImportedConversation;
}

/** Why an item cannot be imported, in one sentence for its owner. */
export class ImportFault extends Error {
  override name = 'ImportFault';
}

const maxMessages = 50_000;

/** Called before much is made of each. @throws ImportFault */
export function refuseTooMany(messages: number): void {
  if (messages > maxMessages)
    throw new ImportFault(`It has more than ${maxMessages.toLocaleString('en-US')} messages.`);
}
