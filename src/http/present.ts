import {
  type ApiKey,
  type Chunk,
  type Conversation,
  type Document,
  type ErrorCode,
  idParams,
  type Message,
  type OpenSession,
  type Source,
  type TextBlock,
} from '@alcove/contract';
import { knownSettings } from '../conversations/settings.ts';
import type { ConversationRow } from '../conversations/store.ts';
import type { PlacedMessage } from '../conversations/append-message.ts';
import type { Family } from '../conversations/family-store.ts';
import type { MessageRow } from '../conversations/message-store.ts';
import type { DeletedDocuments } from '../documents/delete-documents.ts';
import type { ChunkRow } from '../documents/index-store.ts';
import type { DocumentRow } from '../documents/store.ts';
import type { Block } from '../formats/format.ts';
import type { ApiKeyRow } from '../identity/api-key-store.ts';
import type { OwnSession } from '../identity/own-sessions-store.ts';
import { withoutAdvice } from '../models/notices.ts';
import { asWritten } from './exact-json.ts';

// Rows as the contract shows them. Nothing is shown that is not named here.

export function presentApiKey(row: ApiKeyRow): ApiKey {
  return {
    id: row.id,
    name: row.name,
    scope: row.scope,
    conversation_id: row.conversationId,
    created_at: row.createdAt.toISOString(),
    last_used_at: row.lastUsedAt?.toISOString() ?? null,
    expires_at: row.expiresAt?.toISOString() ?? null,
  };
}

export function presentSession(row: OwnSession, current: string | null): OpenSession {
  const { id, createdAt, lastUsedAt, program, system, address } = row;
  return {
    id,
    created_at: createdAt.toISOString(),
    last_used_at: (lastUsedAt ?? createdAt).toISOString(),
    device: { program, system },
    address,
    current: id === current,
  };
}

export function presentConversation(row: ConversationRow): Conversation {
  return {
    id: row.id,
    title: row.title,
    conversation_type: row.conversationType,
    status: row.status,
    pinned: row.pinned,
    tags: row.tags,
    settings: knownSettings(row.settings),
    active_leaf_id: row.activeLeafId,
    unread: row.unread,
    project_id: row.projectId,
    expires_at: row.expiresInS === null ? null : (row.purgeAt?.toISOString() ?? null),
    deleted_at: row.deletedAt?.toISOString() ?? null,
    restorable_until: row.deletedAt === null ? null : (row.purgeAt?.toISOString() ?? null),
    message_count: row.messageCount,
    document_count: row.documentCount,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
    last_message_at: row.lastMessageAt?.toISOString() ?? null,
  };
}

export function presentMessage(row: MessageRow, family: Family): Message {
  return {
    id: row.id,
    parent_id: row.parentId,
    sibling_ids: [...family.siblingIds],
    active_sibling_id: family.activeSiblingId,
    role: row.role,
    content: row.content,
    status: row.status,
    feedback:
      row.feedback === null || row.feedbackAt === null
        ? null
        : {
            rating: row.feedback,
            reason: row.feedbackReason,
            created_at: row.feedbackAt.toISOString(),
          },
    metadata: row.metadataSource === null ? withoutAdviceIn(row.metadata) : asWritten(row.metadataSource),
    created_at: row.createdAt.toISOString(),
  };
}

/** Answers of earlier versions keep which settings were missing, which only administrators are told. */
function withoutAdviceIn(metadata: unknown): unknown {
  if (typeof metadata !== 'object' || metadata === null || !('notices' in metadata)) return metadata;
  const { notices } = metadata;
  if (!Array.isArray(notices)) return metadata;
  return { ...metadata, notices: notices.map((one) => (typeof one === 'string' ? withoutAdvice(one) : one)) };
}

export function presentPlaced({ row, family }: PlacedMessage): Message {
  return presentMessage(row, family);
}

/** The same, with the sources marked whose documents have another content by now. `versions`: of those documents. */
export function presentInHistory(placed: PlacedMessage, versions: ReadonlyMap<string, number>): Message {
  const message = presentPlaced(placed);
  const { metadata } = placed.row;
  if (versions.size === 0 || placed.row.metadataSource !== null || !hasSources(metadata)) return message;
  const search_results = metadata.search_results.map((source) => {
    const { document_id: id = '', document_version: version = 1 } = source;
    return version < (versions.get(id) ?? 0) ? { ...source, from_earlier_version: true } : source;
  });
  return { ...message, metadata: { ...metadata, search_results } };
}

/** Ids of documents that an answer names as its sources. */
export function documentsNamedIn(metadata: unknown): string[] {
  if (!hasSources(metadata)) return [];
  return metadata.search_results.flatMap(({ document_id: id }) => (isId(id) ? [id] : []));
}

function isId(id: unknown): id is string {
  return idParams.safeParse({ id }).success;
}

/** Of an answer; a client's own metadata may have anything under the same name. */
function hasSources(metadata: unknown): metadata is { search_results: Partial<Source>[] } {
  if (typeof metadata !== 'object' || metadata === null || !('search_results' in metadata)) return false;
  const { search_results: sources } = metadata;
  return Array.isArray(sources) && sources.every((one) => typeof one === 'object' && one !== null);
}

export function presentDeleted({ documents, chunks, bytes, restorableUntil }: DeletedDocuments) {
  return {
    deleted: { documents, chunks, bytes },
    restorable_until: restorableUntil?.toISOString() ?? null,
  };
}

export function presentDocument(row: DocumentRow): Document {
  return {
    id: row.id,
    conversation_id: row.conversationId,
    name: row.name,
    media_type: row.mediaType,
    size_bytes: row.sizeBytes,
    sha256: row.sha256,
    status: row.status,
    progress: Math.round(row.progress * 1000) / 1000,
    stage_message: row.stageMessage,
    // Safe: only failDocument writes this column, from an AppError's code.
    error:
      row.errorCode === null ? null : { code: row.errorCode as ErrorCode, error: row.errorMessage ?? '' },
    warnings: row.warnings,
    title: row.title,
    pages: row.pages,
    chunk_count: row.chunkCount,
    token_count: row.tokenCount,
    language: row.language,
    context_mode: row.contextMode,
    vectors_ready: row.embeddingModel !== null,
    version: row.version,
    replacement: row.replacement === null ? null : presentReplacement(row.replacement),
    last_cited_at: row.lastCitedAt?.toISOString() ?? null,
    created_at: row.createdAt.toISOString(),
  };
}

function presentReplacement(next: NonNullable<DocumentRow['replacement']>): Document['replacement'] {
  return {
    name: next.name,
    media_type: next.mediaType,
    size_bytes: next.sizeBytes,
    status: next.status,
    progress: Math.round(next.progress * 1000) / 1000,
    stage_message: next.stageMessage,
    // Safe: as that of the document.
    error:
      next.errorCode === null ? null : { code: next.errorCode as ErrorCode, error: next.errorMessage ?? '' },
  };
}

export function presentBlock({ kind, start, end, page, level, headerEnd, inner }: Block): TextBlock {
  return {
    kind,
    char_start: start,
    char_end: end,
    page,
    ...(level !== undefined && { level }),
    ...(headerEnd !== undefined && { header_end: headerEnd }),
    ...(inner !== undefined && { inner: { char_start: inner.start, char_end: inner.end } }),
  };
}

export function presentChunk(row: ChunkRow): Chunk {
  return {
    id: row.id,
    document_id: row.documentId,
    ordinal: row.ordinal,
    page: row.page,
    heading: row.heading,
    char_start: row.charStart,
    char_end: row.charEnd,
    token_count: row.tokens,
    ocr: row.ocr,
    content: row.content,
  };
}
