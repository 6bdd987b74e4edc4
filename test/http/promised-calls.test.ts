import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { routesOf } from './route-table.ts';
import { sharedApp } from '../support/app.ts';

// Every call of the HTTP contract, whichever route file it is in.

const app = sharedApp();

const promised = `
POST /auth/register · POST /auth/login · POST /auth/refresh · POST /auth/logout · GET /auth/me · PATCH /auth/me
POST /auth/password · DELETE /auth/me · GET /auth/keys · POST /auth/keys · DELETE /auth/keys/:id
GET /admin/users · POST /admin/users · PATCH /admin/users/:id · DELETE /admin/users/:id · POST /admin/invites
POST /admin/users/:id/reset · GET /admin/stats · GET /admin/audit · GET /admin/embeddings
POST /conversations · GET /conversations · GET /conversations/:id · POST /conversations/:id/messages
PUT /conversations/:id/title · PATCH /conversations/:id · DELETE /conversations/:id · POST /conversations/:id/restore
GET /conversations/stats/overview · GET /conversations/:id/stats · POST /conversations/:id/fork
POST /messages/:id/edit · POST /messages/:id/regenerate · PUT /messages/:id/feedback · DELETE /messages/:id
PUT /conversations/:id/branch · GET /messages/:id/trace · GET /events
POST /api/upload · POST /conversations/:id/documents · GET /documents · GET /conversations/:id/documents
GET /documents/:id · GET /documents/:id/events · GET /documents/:id/content · GET /documents/:id/text
GET /documents/:id/chunks · PATCH /documents/:id · POST /documents/:id/retry · POST /documents/:id/cancel
POST /documents/:id/replace · DELETE /documents/:id · POST /documents/copy · POST /documents/move
POST /rag/query · POST /rag/conversation/:id/query · POST /api/chat · GET /messages/:id/stream
POST /messages/:id/stop · POST /conversations/:id/retrieve
GET /search · POST /conversations/:id/shares · GET /shares · PUT /shares/:id · DELETE /shares/:id
GET /s/:token · POST /s/:token/continue · GET /conversations/:id/export · GET /export · POST /import
GET /templates · POST /templates · PATCH /templates/:id · DELETE /templates/:id
GET /projects · POST /projects · PATCH /projects/:id · DELETE /projects/:id
POST /mcp · GET /v1/models · POST /v1/chat/completions · GET /healthz · GET /readyz · GET /metrics
`
  .split(/[·\n]/)
  .map((call) => call.trim())
  .filter((call) => call !== '');

test('every promised call is served', async () => {
  const served = new Set(routesOf((await app()).app));
  expect(promised.length).toBeGreaterThan(80);
  expect(promised.filter((call) => !served.has(call))).toEqual([]);
});

test('every promised call is in the OpenAPI document', async () => {
  const { paths } = JSON.parse(await readFile('docs/openapi.json', 'utf8')) as {
    paths: Record<string, Record<string, unknown>>;
  };
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
  );
  const known = new Set([...described, 'GET /metrics']);
  expect(promised.filter((call) => !known.has(call))).toEqual([]);
});
