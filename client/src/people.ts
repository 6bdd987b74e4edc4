import type {
  AdminUser,
  adminUserList,
  adminUserQuery,
  auditList,
  auditQuery,
  EmbeddingState,
  createUserBody,
  InstallationStatistics,
  Invitation,
  inviteBody,
  updateUserBody,
} from '@alcove/contract';
import type { z } from 'zod';
import type { StatisticsQuery } from './conversations.ts';
import type { RequestOptions, Transport } from './transport.ts';

/** For administrators who have signed in: accounts, who did what, and sums. An API key never suffices. */
export function people(transport: Transport) {
  const pathOf = (id: string): string => `/admin/users/${encodeURIComponent(id)}`;
  return {
    list(
      query: Partial<z.output<typeof adminUserQuery>> = {},
      options?: RequestOptions,
    ): Promise<z.output<typeof adminUserList>> {
      return transport.json('GET', '/admin/users', { ...options, query });
    },
    create(body: z.input<typeof createUserBody>, options?: RequestOptions): Promise<AdminUser> {
      return transport.json('POST', '/admin/users', { ...options, body });
    },
    /** Where the server sends no e-mail the link is in this answer and in no later one. */
    invite(body: z.input<typeof inviteBody>, options?: RequestOptions): Promise<Invitation> {
      return transport.json('POST', '/admin/invites', { ...options, body });
    },
    /** Suspends, resumes, promotes, demotes, renames and sets quotas. */
    update(id: string, body: z.input<typeof updateUserBody>, options?: RequestOptions): Promise<AdminUser> {
      return transport.json('PATCH', pathOf(id), { ...options, body });
    },
    /** Ends password and sessions; the link, as that of an invitation, sets a new password once. */
    reset(id: string, options?: RequestOptions): Promise<Invitation> {
      return transport.json('POST', `${pathOf(id)}/reset`, { ...options, body: {} });
    },
    /** Erases the account and everything that belongs to it. */
    delete(id: string, options?: RequestOptions): Promise<void> {
      return transport.nothing('DELETE', pathOf(id), options);
    },
    audit(
      query: Partial<z.output<typeof auditQuery>> = {},
      options?: RequestOptions,
    ): Promise<z.output<typeof auditList>> {
      return transport.json('GET', '/admin/audit', { ...options, query });
    },
    statistics(query: StatisticsQuery = {}, options?: RequestOptions): Promise<InstallationStatistics> {
      return transport.json('GET', '/admin/stats', { ...options, query });
    },
    /** The embedding model, and what still waits for vectors of it. */
    embeddings(options?: RequestOptions): Promise<EmbeddingState> {
      return transport.json('GET', '/admin/embeddings', options);
    },
  };
}
