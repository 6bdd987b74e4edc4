import type { Share } from '@alcove/contract';
import type { ShareRow } from './share-store.ts';

/** A link without its address, which opens it. */
export function describeShare(row: ShareRow): Omit<Share, 'url'> {
  return {
    id: row.id,
    conversation_id: row.conversationId,
    revision: row.revision,
    leaf_id: row.leafId,
    document_ids: row.documentIds,
    message_count: row.messageCount,
    has_password: row.passwordHash !== null,
    recipient: recipientOf(row),
    access: row.access,
    expires_at: row.expiresAt?.toISOString() ?? null,
    views: row.views,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}

/** Their e-mail address. */
export function recipientOf({ recipient }: Pick<ShareRow, 'recipient'>): string | null {
  return recipient?.replace(/^email:/, '') ?? null;
}
