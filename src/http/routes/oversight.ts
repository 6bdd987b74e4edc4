import {
  auditList,
  auditQuery,
  embeddingState,
  installationStatistics,
  statisticsQuery,
} from '@alcove/contract';
import { countUnembedded } from '../../documents/stale-store.ts';
import { listAudit } from '../../identity/audit-store.ts';
import { statisticsOfInstallation } from '../../identity/installation.ts';
import { presentAudit } from '../../identity/present-audit.ts';
import type { App } from '../app.ts';
import { sendCsv, sendsCsv, wantsCsv } from '../csv-reply.ts';
import type { HttpDeps } from '../deps.ts';
import { decodeCursor, encodeCursor, page } from '../paging.ts';
import { statisticsToCsv } from '../statistics-csv.ts';
import { adminOf } from './admin.ts';

const tags = ['administration'];

/** What administrators may know of everybody: who did what, and sums. */
export function oversightRoutes(app: App, { db, config, models, now }: HttpDeps): void {
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
          'For administrators: sums over all accounts, the queue, and the last 30 days in the time zone that is asked for. Counts only, of nobody alone: of each day (UTC) answers, citations, times, tokens, cost and uploads, too; `/metrics` has percentiles of how long answers take. CSV with `format=csv` or `Accept: text/csv`.',
        querystring: statisticsQuery,
        response: { 200: installationStatistics },
        sends: sendsCsv,
      },
    },
    async (request, reply) => {
      const { time_zone: timeZone, format } = request.query;
      const view = { timeZone, prices: config.prices, now: now() };
      const statistics = await statisticsOfInstallation(db, adminOf(request), view);
      if (!wantsCsv(request, format)) return statistics;
      return sendCsv(reply, 'server', statisticsToCsv(statistics));
    },
  );

  app.get(
    '/admin/embeddings',
    {
      config: admin,
      schema: {
        tags,
        operationId: 'getEmbeddingState',
        summary: 'How far documents are embedded',
        description:
          'For administrators: the embedding model, and how many documents and passages of all accounts still wait for vectors of it, as after another one was set. They are embedded in the background.',
        response: { 200: embeddingState },
      },
    },
    async () => {
      const model = models.embedding?.id ?? null;
      const left = model === null ? { documents: 0, chunks: 0 } : await countUnembedded(db, model);
      return { model, documents_left: left.documents, passages_left: left.chunks };
    },
  );
}

function dateOf(time: string | undefined): Date | undefined {
  return time === undefined ? undefined : new Date(time);
}
