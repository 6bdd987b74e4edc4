import { Readable } from 'node:stream';
import {
  importEvent,
  importForm,
  type ImportItem,
  type ImportReport,
  importQuery,
  importReport,
} from '@alcove/contract';
import { AppError } from '../../errors.ts';
import { createReport, importFiles } from '../../exchange/import/import-file.ts';
import type { App } from '../app.ts';
import { principalOf } from '../auth.ts';
import { callerGone, whenClosed } from '../caller-gone.ts';
import type { HttpDeps } from '../deps.ts';
import { eventStream } from '../describe-route.ts';
import { type EndOfRequest, holdWhileSending, keepReference, markChanged } from '../held-key.ts';
import { perMinute } from '../rate-limits.ts';
import { type ReceivedFiles, receiveFiles } from '../received-files.ts';
import { sendEvents, type WireEvent } from '../sse.ts';

const importsPerMinute = 20;
const maxImportBytes = 1024 ** 3;

/** Conversations of other products, and of exports from here. */
export function importRoutes(app: App, { documents, config: { limits }, closing }: HttpDeps): void {
  app.post(
    '/import',
    {
      config: perMinute(importsPerMinute, 'imports'),
      schema: {
        tags: ['export and import'],
        operationId: 'importConversations',
        summary: 'Import conversations (multipart: file)',
        description:
          'Takes exports from here, and those of ChatGPT, Claude, Open WebUI, LibreChat, Chatbot UI and ShareGPT, as JSON files or zip archives. Each item is reported; one that cannot be read stops none of the others. What was imported before gets the messages and documents that it has got since, and is otherwise left as it is: after an import that was cut off, send the file again. A repeat by Idempotency-Key gets the counts of the first.',
        accepts: { 'multipart/form-data': importForm },
        querystring: importQuery,
        response: { 200: importReport },
        sends: { [eventStream]: importEvent },
      },
    },
    async (request, reply) => {
      const { dry_run: dryRun, stream } = request.query;
      const { isAlive } = principalOf(request);
      const [before] = request.replayOf ?? [];
      if (before !== undefined) {
        const report = importReport.parse(JSON.parse(before));
        return stream ? sendEvents(reply, Readable.from([doneOf(report, 1)]), isAlive, limits) : report;
      }
      const user = principalOf(request).scope;
      const signal = AbortSignal.any([closing, callerGone(reply)]);
      const room = await documents.room.open(user, documents.db, documents.limits);
      const files = await receiveFiles(request, room, maxImportBytes);
      const items = importFiles(user, files.paths, room, { dryRun, signal }, documents);
      if (!dryRun) markChanged(request);
      if (stream) {
        const events = eventsOf(items, dryRun, files, holdWhileSending(request));
        whenClosed(reply.raw, () => void finish(events, files));
        return sendEvents(reply, events, isAlive, limits);
      }
      try {
        const { report, add } = createReport(dryRun);
        for await (const item of items) add(item);
        if (!dryRun) keepReference(request, countsOf(report));
        return report;
      } finally {
        await files.release();
      }
    },
  );
}

async function* eventsOf(
  items: AsyncGenerator<ImportItem>,
  dryRun: boolean,
  files: ReceivedFiles,
  end: EndOfRequest,
): AsyncGenerator<WireEvent> {
  const { report, add } = createReport(dryRun);
  let id = 0;
  let status = 500;
  try {
    for await (const item of items) {
      add(item);
      yield { id: (id += 1), type: 'item', data: { type: 'item', item } };
    }
    status = 200;
    yield doneOf(report, id + 1);
  } catch (error) {
    const known = error instanceof AppError ? error : new AppError('internal', 'The import was cut off.');
    yield { id: id + 1, type: 'failed', data: { type: 'failed', code: known.code, error: known.message } };
  } finally {
    await end(status, dryRun ? null : countsOf(report));
    await files.release();
  }
}

function doneOf(report: ImportReport, id: number): WireEvent {
  return { id, type: 'done', data: { type: 'done', report: { ...report, items: [] } } };
}

/** What repeats are told: nothing that names a conversation, which may be gone by then. */
function countsOf(report: ImportReport): readonly string[] {
  return [JSON.stringify({ ...report, items: [] })];
}

/** A generator that was never begun ends nothing by itself. What cannot be removed the next start removes. */
async function finish(events: AsyncGenerator<WireEvent>, files: ReceivedFiles): Promise<void> {
  await events.return(undefined).catch(() => {});
  await files.release().catch(() => {});
}
