import { accountCases } from './cases/accounts.ts';
import { answerCases } from './cases/answers.ts';
import type { IsolationCase } from './cases/attempts.ts';
import { conversationCases } from './cases/conversations.ts';
import { documentCases } from './cases/documents.ts';
import { sharingCases } from './cases/sharing.ts';

/**
 * Route → how B tries to reach what is A's. 403 for a conversation of somebody else, 404 for any other foreign id and
 * for what does not exist. A route of the server without a row here fails the test.
 */
export const cases: Record<string, IsolationCase> = {
  ...conversationCases,
  ...documentCases,
  ...answerCases,
  ...sharingCases,
  ...accountCases,
  'GET /healthz': () => [{ path: '/healthz', status: 200 }],
  'GET /metrics': () => [{ path: '/metrics', status: 200 }],
  'GET /readyz': () => [{ path: '/readyz', status: 200 }],
  'GET /capabilities': () => [{ path: '/capabilities', status: 200 }],
};

/** Routes that serve files of the product and know no user; the web app's exist only where it is built. */
export const staticRoutes = new Set([
  'GET /',
  'GET /_app/*',
  'GET /dashboard',
  'GET /dashboard/*',
  'GET /docs',
  'GET /docs/js/scalar.js',
  'GET /docs/js/start.js',
  'GET /favicon.svg',
  'GET /icon-192.png',
  'GET /icon-512.png',
  'GET /licenses.txt',
  'GET /manifest.webmanifest',
  'GET /login',
  'GET /openapi.json',
  'GET /setup',
]);
