import { importEvent, importForm, type ImportItem, importQuery, importReport } from '@alcove/contract';
import type { FastifyReply } from 'fastify';
import { AppError } from '../../errors.ts';
import { createReport, importFiles } from '../../exchange/import/import-file.ts';
import type { App } from '../app.ts';
import { principalOf } from '../auth.ts';
import type { HttpDeps } from '../deps.ts';
import { eventStream } from '../describe-route.ts';
import { perMinute } from '../rate-limits.ts';
import { type ReceivedFiles, receiveFiles } from '../received-files.ts';
import { sendEvents, type WireEvent } from '../sse.ts';

const importsPerMinute = 20;
const maxImportBytes = 1024 ** 3;

/** Conversations of other products, and of exports from here. */
export function importRoutes(app: App, { documents, closing }: HttpDeps): void {
  app.post(
    '/import',
    {
      config: perMinute(importsPerMinute, 'imports'),
      schema: {
        tags: ['export and import'],
        operationId: 'importConversations',
        summary: 'Import conversations (multipart: file)',
        description:
          'Takes exports from here, and those of ChatGPT, Claude, Open WebUI, LibreChat, Chatbot UI and ShareGPT, as JSON files or zip archives. Each item is reported; one that cannot be read stops none of the others. What was imported before is left as it is: after an import that was cut off, send the file again.',
        accepts: { 'multipart/form-data': importForm },
        querystring: importQuery,
        response: { 200: importReport },
        sends: { [eventStream]: importEvent },
      },
    },
    async (request, reply) => {
      const { dry_run: dryRun, stream } = request.query;
      const user = principalOf(request).scope;
      const files = await receiveFiles(request, maxImportBytes);
      const signal = AbortSignal.any([closing, goneOf(reply)]);
      const items = importFiles(user, files.paths, { dryRun, signal }, documents);
      if (stream) return sendEvents(reply, eventsOf(items, dryRun, files), principalOf(request).isAlive);
      try {
        const { report, add } = createReport(dryRun);
        for await (const item of items) add(item);
        return report;
      } finally {
        await files.remove();
      }
    },
  );
}

async function* eventsOf(
  items: AsyncGenerator<ImportItem>,
  dryRun: boolean,
  files: ReceivedFiles,
): AsyncGenerator<WireEvent> {
  const { report, add } = createReport(dryRun);
  let id = 0;
  try {
    for await (const item of items) {
      add(item);
      yield { id: (id += 1), type: 'item', data: { type: 'item', item } };
    }
    yield { id: id + 1, type: 'done', data: { type: 'done', report: { ...report, items: [] } } };
  } catch (error) {
    const known = error instanceof AppError ? error : new AppError('internal', 'The import was cut off.');
    yield { id: id + 1, type: 'failed', data: { type: 'failed', code: known.code, error: known.message } };
  } finally {
    await files.remove();
  }
}

/** Whoever has gone away sends the file again: nothing goes on without them. */
function goneOf({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  raw.once('close', () => {
    if (!raw.writableFinished) gone.abort(new AppError('invalid_request', 'The caller went away.'));
  });
  return gone.signal;
}
