import { createHash } from 'node:crypto';
import type { Conversation, Project, Template } from '@alcove/contract';
import type { MessageRow } from '../conversations/message-store.ts';
import { findProject } from '../conversations/project-store.ts';
import type { ConversationScope } from '../conversations/scope.ts';
import type { ConversationRow } from '../conversations/store.ts';
import type { Database } from '../db/database.ts';
import type { DocumentRow } from '../documents/store.ts';
import { readTemplateOf } from '../templates/template-store.ts';
import { readAllDocuments, readAllMessages } from './export-store.ts';

/** Readers refuse what is newer. */
export const bundleVersion = 1;
export const conversationFormat = 'alcove.conversation';
export const accountFormat = 'alcove.account';

/** What a bundle says of a conversation beside its messages and documents. */
export type BundledConversation = Conversation & {
  project: Pick<Project, 'name' | 'prompt'> | null;
  /** Where it holds the starter documents of a template. */
  template: Pick<Template, 'name' | 'description' | 'settings' | 'starter_questions'> | null;
};

export interface ConversationDeps {
  db: Database;
  present: (row: ConversationRow) => Conversation;
}

export async function describeConversation(
  { user }: ConversationScope,
  row: ConversationRow,
  { db, present }: ConversationDeps,
): Promise<BundledConversation> {
  const project = row.projectId === null ? null : await findProject(db, user, row.projectId);
  const template = row.status === 'template' ? await readTemplateOf(db, user, row.id) : null;
  return {
    ...present(row),
    project: project && { name: project.name, prompt: project.prompt },
    template: template && {
      name: template.name,
      description: template.description,
      settings: template.settings,
      starter_questions: template.starterQuestions,
    },
  };
}

export interface DocumentEntry {
  row: DocumentRow;
  /** Where its original is in a bundle. */
  path: string;
}

/** The conversation with its whole tree as one JSON object, piece by piece, in the form that an import reads. */
export async function* toJson(
  scope: ConversationScope,
  conversation: BundledConversation,
  documents: readonly DocumentEntry[],
  db: Database,
): AsyncGenerator<string> {
  const content = createContentHash();
  yield `{"format":"${conversationFormat}","version":${bundleVersion},"conversation":${JSON.stringify(conversation)},"messages":[`;
  let at = 0;
  for await (const row of readAllMessages(db, scope)) {
    if (row.status === 'streaming') continue;
    content.message(row);
    yield `${at === 0 ? '' : ','}\n${messageJson(row)}`;
    at += 1;
  }
  yield '\n],"documents":[';
  for (const [index, { row, path }] of documents.entries()) {
    content.document(row);
    yield `${index === 0 ? '' : ','}\n${JSON.stringify(documentOf(row, path))}`;
  }
  yield `\n],"content_sha256":"${content.digest()}"}\n`;
}

/** The documents of a conversation under names that are theirs alone in a bundle. */
export async function documentEntries(
  scope: ConversationScope,
  folder: string,
  db: Database,
): Promise<DocumentEntry[]> {
  const entries: DocumentEntry[] = [];
  for await (const row of readAllDocuments(db, scope)) {
    const number = String(entries.length + 1).padStart(4, '0');
    entries.push({ row, path: `${folder}${number}-${entryName(row.name)}` });
  }
  return entries;
}

/** A name that no unpacking program can take for a path or a device. */
export function entryName(name: string): string {
  const plain = name
    .normalize('NFC')
    .replaceAll(/[\p{C}/\\:*?"<>|]/gu, '_')
    .replace(/^[. ]+|[. ]+$/g, '');
  return plain === '' ? 'document' : Array.from(plain).slice(0, 100).join('');
}

function messageJson(row: MessageRow): string {
  const { id, parentId, role, content, status, createdAt } = row;
  const feedback = feedbackOf(row);
  const rest = {
    id,
    parent_id: parentId,
    role,
    content,
    status,
    created_at: createdAt.toISOString(),
    feedback,
  };
  // The client's metadata as it came, byte for byte.
  const metadata = row.metadataSource ?? JSON.stringify(row.metadata);
  return `${JSON.stringify(rest).slice(0, -1)},"metadata":${metadata}}`;
}

function feedbackOf({ feedback, feedbackReason, feedbackAt }: MessageRow) {
  if (feedback === null || feedbackAt === null) return null;
  return { rating: feedback, reason: feedbackReason, created_at: feedbackAt.toISOString() };
}

function documentOf(row: DocumentRow, path: string) {
  const { id, name, mediaType, sizeBytes, sha256, contextMode, createdAt } = row;
  return {
    id,
    name,
    media_type: mediaType,
    size_bytes: sizeBytes,
    sha256,
    context_mode: contextMode,
    created_at: createdAt.toISOString(),
    path,
  };
}

/**
 * What a conversation says, whatever ids it has: the same after an import as before. Place of the parent, role, status,
 * time and text of each message, name and bytes of each document. An import puts the messages of a branch together and
 * gives documents other ids: the order is that of the tree, and of the names.
 */
function createContentHash() {
  const children = new Map<string | null, { id: string; said: string }[]>();
  const ids = new Set<string>();
  const documents: string[] = [];
  return {
    message({ id, parentId, role, status, createdAt, content }: MessageRow): void {
      const said = sha256(JSON.stringify([role, status, createdAt.toISOString(), content]));
      // One whose parent is still being written stands alone.
      const parent = parentId !== null && ids.has(parentId) ? parentId : null;
      ids.add(id);
      const siblings = children.get(parent);
      if (siblings === undefined) children.set(parent, [{ id, said }]);
      else siblings.push({ id, said });
    },
    document({ name, sha256: bytes }: DocumentRow): void {
      documents.push(JSON.stringify([name, bytes]));
    },
    digest(): string {
      const hash = createHash('sha256');
      const below = (id: string | null, parent: number | null) =>
        (children.get(id) ?? []).map((one) => ({ ...one, parent })).toReversed();
      const waiting = below(null, null);
      let place = 0;
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        hash.update(`${JSON.stringify([next.parent, next.said])}\n`);
        for (const child of below(next.id, place)) waiting.push(child);
        place += 1;
      }
      for (const document of documents.toSorted()) hash.update(`${document}\n`);
      return hash.digest('hex');
    },
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
