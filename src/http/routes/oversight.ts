import {
  auditList,
  auditQuery,
  type InstallationStatistics,
  installationStatistics,
  statisticsQuery,
} from '@alcove/contract';
import { readEverybodysActivity } from '../../identity/activity-store.ts';
import type { AdminScope } from '../../identity/admin-scope.ts';
import { listAudit } from '../../identity/audit-store.ts';
import { lastDays } from '../../identity/local-days.ts';
import { priceUsage } from '../../identity/prices.ts';
import {
  type QueueCounts,
  readInstallationCounts,
  readQueueCounts,
} from '../../identity/statistics-store.ts';
import { readEverybodysUsage } from '../../identity/usage-store.ts';
import type { App } from '../app.ts';
import { sendCsv, sendsCsv, wantsCsv } from '../csv-reply.ts';
import type { HttpDeps } from '../deps.ts';
import { decodeCursor, encodeCursor, page } from '../paging.ts';
import { presentAudit } from '../present.ts';
import { statisticsToCsv } from '../statistics-csv.ts';
import { adminOf } from './admin.ts';

const tags = ['administration'];
const shownDays = 30;

/** What administrators may know of everybody: who did what, and sums. */
export function oversightRoutes(app: App, { db, config, now }: HttpDeps): void {
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
          'For administrators: sums over all accounts, the queue, and the last 30 days in the time zone that is asked for. Counts only, of nobody alone; `/metrics` has how long answers take. CSV with `format=csv` or `Accept: text/csv`.',
        querystring: statisticsQuery,
        response: { 200: installationStatistics },
        sends: sendsCsv,
      },
    },
    async (request, reply) => {
      const { time_zone: timeZone, format } = request.query;
      const statistics = await statisticsOf(adminOf(request), timeZone);
      if (!wantsCsv(request, format)) return statistics;
      return sendCsv(reply, 'server', statisticsToCsv(statistics));
    },
  );

  async function statisticsOf(scope: AdminScope, timeZone: string): Promise<InstallationStatistics> {
    const counted = await readInstallationCounts(db, scope);
    const { inputTokens, outputTokens, cacheHits, cacheMisses, messagesByRole, ...counts } = counted;
    const retrievals = cacheHits + cacheMisses;
    const models = await readEverybodysUsage(db, scope);
    const told = models.reduce((sum, { input, output }) => sum + input + output, 0);
    return {
      ...counts,
      messages: messagesByRole.user + messagesByRole.assistant + messagesByRole.system,
      messages_by_role: messagesByRole,
      tokens: { input: inputTokens, output: outputTokens },
      ...priceUsage(models, config.prices, inputTokens + outputTokens - told),
      cache_hit_rate: retrievals === 0 ? null : cacheHits / retrievals,
      queue: presentQueue(await readQueueCounts(db, scope)),
      time_zone: timeZone,
      days: await readEverybodysActivity(db, scope, lastDays(timeZone, shownDays, now())),
    };
  }
}

function presentQueue(queue: readonly QueueCounts[]): InstallationStatistics['queue'] {
  const waiting = (kind: QueueCounts['kind']): number => queue.find((one) => one.kind === kind)?.waiting ?? 0;
  return {
    ingest: waiting('ingest'),
    index: waiting('index'),
    answer: waiting('answer'),
    oldest_seconds: Math.max(0, ...queue.map(({ oldestSeconds }) => oldestSeconds)),
  };
}

function dateOf(time: string | undefined): Date | undefined {
  return time === undefined ? undefined : new Date(time);
}
