import { auditList, auditQuery, type InstallationStatistics, installationStatistics } from '@alcove/contract';
import { listAudit } from '../../identity/audit-store.ts';
import {
  type InstallationCounts,
  type QueueCounts,
  readInstallationCounts,
  readQueueCounts,
} from '../../identity/statistics-store.ts';
import type { App } from '../app.ts';
import type { HttpDeps } from '../deps.ts';
import { decodeCursor, encodeCursor, page } from '../paging.ts';
import { presentAudit } from '../present.ts';
import { adminOf } from './admin.ts';

const tags = ['administration'];

/** What administrators may know of everybody: who did what, and sums. */
export function oversightRoutes(app: App, { db }: HttpDeps): void {
  const admin = { admin: true };

  app.get(
    '/admin/audit',
    {
      config: admin,
      schema: {
        tags,
        operationId: 'listAudit',
        summary: 'Who did what',
        description:
          'For administrators: signing in and out, accounts, passwords and keys, newest first; ids, never content.',
        querystring: auditQuery,
        response: { 200: auditList },
      },
    },
    async (request) => {
      const { limit, cursor, user_id: userId, since, until, ...filter } = request.query;
      const position = decodeCursor(cursor);
      const rows = await listAudit(
        db,
        adminOf(request),
        { ...filter, userId, since: dateOf(since), until: dateOf(until) },
        limit + 1,
        position === null ? null : { createdAt: position.at, id: position.id },
      );
      const shown = page(rows, limit, (row) => encodeCursor({ at: row.createdAt, id: row.id }));
      return { entries: shown.rows.map(presentAudit), next_cursor: shown.next_cursor };
    },
  );

  app.get(
    '/admin/stats',
    {
      config: admin,
      schema: {
        tags,
        operationId: 'getInstallationStatistics',
        summary: 'This server in numbers',
        description:
          'For administrators: sums over all accounts, the queue, and the last 30 days. Counts only, of nobody alone.',
        response: { 200: installationStatistics },
      },
    },
    async (request) => {
      const scope = adminOf(request);
      return presentCounts(await readInstallationCounts(db, scope), await readQueueCounts(db, scope));
    },
  );
}

function presentCounts(
  { inputTokens, outputTokens, days, ...counts }: InstallationCounts,
  queue: readonly QueueCounts[],
): InstallationStatistics {
  const waiting = (kind: QueueCounts['kind']): number => queue.find((one) => one.kind === kind)?.waiting ?? 0;
  return {
    ...counts,
    tokens: { input: inputTokens, output: outputTokens },
    queue: {
      ingest: waiting('ingest'),
      index: waiting('index'),
      answer: waiting('answer'),
      oldest_seconds: Math.max(0, ...queue.map(({ oldestSeconds }) => oldestSeconds)),
    },
    days: days.toReversed(),
  };
}

function dateOf(time: string | undefined): Date | undefined {
  return time === undefined ? undefined : new Date(time);
}
