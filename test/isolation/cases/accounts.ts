import { type IsolationCase, single } from './attempts.ts';
import type { World } from '../world.ts';

const newPassword = 'long enough password';

/** Accounts, keys and what administrators do. */
export const accountCases: Record<string, IsolationCase> = {
  'POST /auth/register': (w) => [
    { path: '/auth/register', status: 409, body: { email: w.a.email, password: 'long enough password' } },
    {
      path: '/auth/register',
      status: 409,
      body: { email: w.a.email.toUpperCase(), password: 'long enough password' },
    },
    {
      path: '/auth/register',
      status: 201,
      body: {
        email: `new-${w.canary.toLowerCase().slice(-8)}-${Math.random()}@example.org`,
        password: 'long enough password',
        id: w.a.id,
        user_id: w.a.id,
        role: 'admin',
      },
    },
  ],
  'POST /auth/login': (w) => [
    { path: '/auth/login', status: 401, body: { email: w.a.email, password: 'not the password' } },
  ],
  'POST /auth/refresh': (w) => [
    { path: '/auth/refresh', status: 401, body: { refresh_token: w.a.token, user_id: w.a.id } },
  ],
  'POST /auth/logout': (w) => [{ path: `/auth/logout?user_id=${w.a.id}`, status: 204, token: w.bSpareToken }],
  'GET /auth/sessions': (w) => [{ path: `/auth/sessions?user_id=${w.a.id}`, status: 200 }],
  'DELETE /auth/sessions/:id': (w) => single(w.aSession, w, (id) => `/auth/sessions/${id}`),
  // After the spare one has ended by itself.
  'DELETE /auth/sessions': (w) => [{ path: `/auth/sessions?user_id=${w.a.id}`, status: 200 }],
  'GET /auth/me': (w) => [{ path: `/auth/me?id=${w.a.id}`, status: 200 }],
  'PATCH /auth/me': (w) => [
    {
      path: '/auth/me',
      status: 200,
      body: { name: 'Bob', id: w.a.id, userId: w.a.id, role: 'admin', status: 'active' },
    },
  ],
  'DELETE /auth/me': (w) => [
    { path: '/auth/me', status: 403, body: { password: 'not the password', id: w.a.id, user_id: w.a.id } },
  ],
  'POST /auth/password': (w) => [
    {
      path: '/auth/password',
      status: 403,
      body: { current_password: 'not the password', new_password: 'long enough password', user_id: w.a.id },
    },
  ],
  'GET /auth/keys': (w) => [{ path: `/auth/keys?user_id=${w.a.id}`, status: 200 }],
  'POST /auth/keys': (w) => [
    { path: '/auth/keys', status: 403, body: { name: 'k', scope: 'conversation', conversation_id: w.a1 } },
    {
      path: '/auth/keys',
      status: 404,
      body: { name: 'k', scope: 'conversation', conversation_id: w.nothing },
    },
    { path: '/auth/keys', status: 201, body: { name: 'k', user_id: w.a.id, userId: w.a.id } },
  ],
  'DELETE /auth/keys/:id': (w) => single(w.aKey, w, (id) => `/auth/keys/${id}`),
  'POST /auth/accept-invite': (w) => [
    {
      path: '/auth/accept-invite',
      status: 401,
      body: { token: setupToken('ali', w), password: newPassword },
    },
    { path: '/auth/accept-invite', status: 401, body: { token: w.aKeyText, password: newPassword } },
  ],
  'POST /auth/reset-password': (w) => [
    {
      path: '/auth/reset-password',
      status: 401,
      body: { token: setupToken('alp', w), password: newPassword, user_id: w.a.id },
    },
  ],
  'POST /auth/forgot-password': (w) => [
    { path: '/auth/forgot-password', status: 202, body: { email: w.a.email } },
    { path: '/auth/forgot-password', status: 202, body: { email: 'nobody@example.org' } },
  ],
  'GET /admin/users': (w) => [
    { path: '/admin/users', status: 403 },
    { path: `/admin/users?email=${encodeURIComponent(w.a.email)}`, status: 403 },
  ],
  'POST /admin/users': (w) => [
    { path: '/admin/users', status: 403, body: { email: w.a.email, password: newPassword, role: 'admin' } },
  ],
  'POST /admin/invites': (w) => [{ path: '/admin/invites', status: 403, body: { email: w.a.email } }],
  'POST /admin/users/:id/reset': (w) => [
    { path: `/admin/users/${w.a.id}/reset`, status: 403 },
    { path: `/admin/users/${w.b.id}/reset`, status: 403 },
    { path: `/admin/users/${w.nothing}/reset`, status: 403 },
  ],
  'DELETE /admin/users/:id': (w) => [
    { path: `/admin/users/${w.a.id}`, status: 403 },
    { path: `/admin/users/${w.nothing}`, status: 403 },
  ],
  'GET /admin/audit': (w) => [
    { path: '/admin/audit', status: 403 },
    { path: `/admin/audit?user_id=${w.b.id}`, status: 403 },
  ],
  'GET /admin/stats': () => [{ path: '/admin/stats', status: 403 }],
  'GET /admin/embeddings': () => [{ path: '/admin/embeddings', status: 403 }],
  'PATCH /admin/users/:id': (w) => [
    { path: `/admin/users/${w.a.id}`, status: 403, body: { status: 'suspended' } },
    { path: `/admin/users/${w.b.id}`, status: 403, body: { role: 'admin' } },
    { path: `/admin/users/${w.nothing}`, status: 403, body: { role: 'admin' } },
  ],
};

/** Well-formed, and in A's name. */
function setupToken(prefix: string, { a }: World): string {
  const id = Buffer.from(a.id.replaceAll('-', ''), 'hex').toString('base64url');
  return `${prefix}_${id}_${'x'.repeat(43)}`;
}
