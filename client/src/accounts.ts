import type {
  acceptInviteBody,
  apiKeyList,
  ChangedPassword,
  changePasswordBody,
  createApiKeyBody,
  createdApiKey,
  endedSessions,
  loginBody,
  registerBody,
  resetPasswordBody,
  Session,
  SessionList,
  updateMeBody,
  User,
} from '@alcove/contract';
import type { z } from 'zod';
import type { RequestOptions, Transport } from './transport.ts';

/** Registering, signing in and out, and API keys. */
export function accounts(transport: Transport) {
  return {
    register(body: z.input<typeof registerBody>, options?: RequestOptions): Promise<Session> {
      return transport.json('POST', '/auth/register', { ...options, body, anonymous: true });
    },
    login(body: z.input<typeof loginBody>, options?: RequestOptions): Promise<Session> {
      return transport.json('POST', '/auth/login', { ...options, body, anonymous: true });
    },
    /** In a browser the cookie carries the refresh token; elsewhere pass the one of `X-Refresh-Token: body`. */
    refresh(refreshToken?: string, options?: RequestOptions): Promise<Session> {
      const body = refreshToken ? { refresh_token: refreshToken } : {};
      return transport.json('POST', '/auth/refresh', { ...options, body, anonymous: true });
    },
    /** `token` is what stands behind the # of the link. */
    acceptInvite(body: z.input<typeof acceptInviteBody>, options?: RequestOptions): Promise<Session> {
      return transport.json('POST', '/auth/accept-invite', { ...options, body, anonymous: true });
    },
    /** Ends every session; sign in with the new password then. */
    resetPassword(body: z.input<typeof resetPasswordBody>, options?: RequestOptions): Promise<void> {
      return transport.nothing('POST', '/auth/reset-password', { ...options, body, anonymous: true });
    },
    /** Resolves whether there is such an account or not. */
    forgotPassword(email: string, options?: RequestOptions): Promise<void> {
      return transport.nothing('POST', '/auth/forgot-password', {
        ...options,
        body: { email },
        anonymous: true,
      });
    },
    logout(options?: RequestOptions): Promise<void> {
      return transport.nothing('POST', '/auth/logout', { ...options, body: {} });
    },
    me(options?: RequestOptions): Promise<User> {
      return transport.json('GET', '/auth/me', options);
    },
    updateMe(body: z.input<typeof updateMeBody>, options?: RequestOptions): Promise<User> {
      return transport.json('PATCH', '/auth/me', { ...options, body });
    },
    changePassword(
      body: z.input<typeof changePasswordBody>,
      options?: RequestOptions,
    ): Promise<ChangedPassword> {
      return transport.json('POST', '/auth/password', { ...options, body });
    },
    /** Erases the account and everything that belongs to it. */
    deleteMe(body: { password?: string } = {}, options?: RequestOptions): Promise<void> {
      return transport.nothing('DELETE', '/auth/me', { ...options, body });
    },
    /** Newest first; pass `next_cursor` back as `cursor` for the next page. */
    listSessions(
      query: { limit?: number; cursor?: string } = {},
      options?: RequestOptions,
    ): Promise<SessionList> {
      return transport.json('GET', '/auth/sessions', { ...options, query });
    },
    endSession(id: string, options?: RequestOptions): Promise<void> {
      return transport.nothing('DELETE', `/auth/sessions/${encodeURIComponent(id)}`, options);
    },
    /** All but the caller's own. */
    endOtherSessions(options?: RequestOptions): Promise<z.output<typeof endedSessions>> {
      return transport.json('DELETE', '/auth/sessions', options);
    },
    listKeys(options?: RequestOptions): Promise<z.output<typeof apiKeyList>> {
      return transport.json('GET', '/auth/keys', options);
    },
    /** The key itself is in this answer and in no later one. */
    createKey(
      body: z.input<typeof createApiKeyBody>,
      options?: RequestOptions,
    ): Promise<z.output<typeof createdApiKey>> {
      return transport.json('POST', '/auth/keys', { ...options, body });
    },
    deleteKey(id: string, options?: RequestOptions): Promise<void> {
      return transport.nothing('DELETE', `/auth/keys/${encodeURIComponent(id)}`, options);
    },
  };
}
