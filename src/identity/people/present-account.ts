import type { AdminUser, Invitation, Quotas, User } from '@alcove/contract';
import type { AccountRow, Quotas as QuotaColumns } from '../people-store.ts';
import type { UserRow } from '../store.ts';
import type { HandedLink } from './setup-link.ts';

// Accounts as the contract shows them, to people and to administrators.

export function presentUser(
  row: Pick<UserRow, 'id' | 'email' | 'name' | 'role' | 'status' | 'retentionDays' | 'createdAt'>,
): User {
  return {
    id: row.id,
    email: row.email,
    name: row.name,
    role: row.role,
    status: row.status,
    retention_days: row.retentionDays,
    created_at: row.createdAt.toISOString(),
  };
}

export function presentAccount(row: AccountRow): AdminUser {
  return {
    ...presentUser(row),
    quotas: {
      documents: row.quotaDocuments,
      bytes: row.quotaBytes,
      messages_per_minute: row.quotaMessagesPerMinute,
    },
    legal_hold: row.legalHold,
    invite_expires_at: row.inviteExpiresAt?.toISOString() ?? null,
  };
}

export function presentLink({
  account,
  expiresAt,
  ...link
}: HandedLink & { account: AccountRow }): Invitation {
  return { user: presentAccount(account), ...link, expires_at: expiresAt.toISOString() };
}

/** What a body says of quotas, as the columns that hold it. */
export function quotaColumns(quotas: Partial<Quotas> | undefined): QuotaColumns {
  return {
    quotaDocuments: quotas?.documents,
    quotaBytes: quotas?.bytes,
    quotaMessagesPerMinute: quotas?.messages_per_minute,
  };
}
