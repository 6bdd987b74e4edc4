import { Readable } from 'node:stream';
import {
  conversationStats,
  conversationSummaries,
  idParams,
  overview,
  statisticsListQuery,
  statisticsQuery,
} from '@alcove/contract';
import { overviewOf, statisticsOf } from '../../conversations/statistics.ts';
import { summarise } from '../../conversations/summaries.ts';
import { listSummaries, type SummaryRow } from '../../conversations/summary-store.ts';
import type { UserScope } from '../../identity/user-scope.ts';
import type { App } from '../app.ts';
import { principalOf } from '../auth.ts';
import { sendCsv, sendsCsv, wantsCsv } from '../csv-reply.ts';
import type { HttpDeps } from '../deps.ts';
import { decodeCursor, encodeCursor, page } from '../paging.ts';
import { openConversation } from '../scopes.ts';
import { statisticsToCsv, summaryHeader, summaryLine } from '../statistics-csv.ts';

const tags = ['conversations'];
/** Conversations that are counted together for a file of all of them. */
const rowsAtOnce = 100;

type Status = 'active' | 'archived' | 'all';

/** What a user's conversations come to. */
export function statisticsRoutes(app: App, { db, config, now }: HttpDeps): void {
  const { prices } = config;
  const below = { conversation: true };

  app.get(
    '/conversations/stats/overview',
    {
      schema: {
        tags,
        operationId: 'getStatistics',
        summary: 'Statistics of the account',
        description:
          'Totals over all conversations of the caller, and the last 90 days in the time zone that is asked for. CSV with `format=csv` or `Accept: text/csv`.',
        querystring: statisticsQuery,
        response: { 200: overview },
        sends: sendsCsv,
      },
    },
    async (request, reply) => {
      const { time_zone: timeZone, format } = request.query;
      const statistics = await overviewOf(db, principalOf(request).scope, { timeZone, prices, now: now() });
      if (!wantsCsv(request, format)) return statistics;
      return sendCsv(reply, 'statistics', statisticsToCsv(statistics));
    },
  );

  app.get(
    '/conversations/stats',
    {
      config: below,
      schema: {
        tags,
        operationId: 'listConversationStatistics',
        summary: 'Every conversation in numbers',
        description:
          'A page of the conversations of the caller, the newest first, with what each of them holds. CSV, with `format=csv` or `Accept: text/csv`, holds all of them from the cursor on.',
        querystring: statisticsListQuery,
        response: { 200: conversationSummaries },
        sends: sendsCsv,
      },
    },
    async (request, reply) => {
      const { limit, cursor, status, format } = request.query;
      const user = principalOf(request).scope;
      const after = decodeCursor(cursor);
      const position = after === null ? null : { createdAt: after.at, id: after.id };
      if (wantsCsv(request, format))
        return sendCsv(reply, 'conversations', Readable.from(toCsv(user, status, position)));
      const rows = await listSummaries(db, user, status, limit + 1, position);
      const shown = page(rows, limit, (row) => encodeCursor({ at: row.createdAt, id: row.id }));
      return {
        conversations: await summarise(db, user, shown.rows, prices),
        next_cursor: shown.next_cursor,
      };
    },
  );

  app.get(
    '/conversations/:id/stats',
    {
      config: below,
      schema: {
        tags,
        operationId: 'getConversationStatistics',
        summary: 'Statistics of one conversation',
        description:
          'Its totals, the documents that no answer cites and the questions that found nothing. CSV with `format=csv` or `Accept: text/csv`.',
        params: idParams,
        querystring: statisticsQuery,
        response: { 200: conversationStats },
        sends: sendsCsv,
      },
    },
    async (request, reply) => {
      const scope = await openConversation(request, db);
      const { time_zone: timeZone, format } = request.query;
      const statistics = await statisticsOf(db, scope, { timeZone, prices, now: now() });
      if (!wantsCsv(request, format)) return statistics;
      return sendCsv(reply, `statistics-${scope.conversationId}`, statisticsToCsv(statistics));
    },
  );

  /** A part at a time, however many there are. */
  async function* toCsv(
    user: UserScope,
    status: Status,
    from: { createdAt: Date; id: string } | null,
  ): AsyncGenerator<string> {
    yield summaryHeader();
    let after = from;
    for (;;) {
      const rows: SummaryRow[] = await listSummaries(db, user, status, rowsAtOnce, after);
      const summaries = await summarise(db, user, rows, prices);
      yield summaries.map(summaryLine).join('');
      const last = rows.at(-1);
      if (last === undefined || rows.length < rowsAtOnce) return;
      after = last;
    }
  }
}
