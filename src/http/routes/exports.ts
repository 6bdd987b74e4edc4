import { Readable } from 'node:stream';
import { exportQuery, idParams } from '@alcove/contract';
import { z } from 'zod';
import { readConversation } from '../../conversations/store.ts';
import { describeConversation, documentEntries, entryName, toJson } from '../../exchange/bundle.ts';
import { recordExport } from '../../exchange/export-store.ts';
import { openFontFinder } from '../../exchange/formats/find-fonts.ts';
import { toHtml } from '../../exchange/formats/html.ts';
import { toMarkdown } from '../../exchange/formats/markdown.ts';
import { toPdf } from '../../exchange/formats/pdf.ts';
import { readTranscript, type Transcript } from '../../exchange/transcript.ts';
import { accountToZip, type BundleDeps, toZip } from '../../exchange/zip.ts';
import type { App } from '../app.ts';
import { attachment } from '../attachment.ts';
import { principalOf } from '../auth.ts';
import type { HttpDeps } from '../deps.ts';
import { bytes } from '../describe-route.ts';
import { presentConversation } from '../present.ts';
import { perMinute } from '../rate-limits.ts';
import { openConversation } from '../scopes.ts';

const tags = ['export and import'];
const exportsPerMinute = 60;

const kinds = {
  markdown: { type: 'text/markdown; charset=utf-8', extension: 'md' },
  html: { type: 'text/html; charset=utf-8', extension: 'html' },
  pdf: { type: 'application/pdf', extension: 'pdf' },
  json: { type: 'application/json; charset=utf-8', extension: 'json' },
  zip: { type: 'application/zip', extension: 'zip' },
} as const;

/** What somebody takes away: always a download, never a page of this origin. */
export function exportRoutes(app: App, { db, documents, config, now }: HttpDeps): void {
  const fonts = openFontFinder(config.pdfFonts);
  const writers = {
    markdown: toMarkdown,
    html: toHtml,
    pdf: (transcript: Transcript) => toPdf(transcript, fonts),
  };
  const bundle = (): BundleDeps => ({ db, blobs: documents.blobs, now, present: presentConversation });
  const sends = {
    'text/markdown': z.string(),
    'text/html': z.string(),
    'application/pdf': bytes,
    'application/zip': bytes,
    'application/json': z.looseObject({ format: z.string(), version: z.int() }),
  };

  app.get(
    '/conversations/:id/export',
    {
      config: { conversation: true, ...perMinute(exportsPerMinute, 'exports') },
      schema: {
        tags,
        operationId: 'exportConversation',
        summary: 'A conversation as a file',
        description:
          'Markdown, HTML and PDF hold one branch, the active one or that of `leaf_id`. In PDF, letters for which the server has no font stand as their numbers, and a note says so. JSON holds the whole tree; zip also the originals of the documents, and a manifest with hashes. JSON and zip can be imported again.',
        params: idParams,
        querystring: exportQuery,
        sends,
      },
    },
    async (request, reply) => {
      const scope = await openConversation(request, db);
      const { format, leaf_id: leafId } = request.query;
      const row = await readConversation(db, scope);
      const content = await contentOf();
      await recordExport(db, scope.user, 'conversation.exported', row.id, now());
      const { type, extension } = kinds[format];
      return reply
        .headers({
          'content-type': type,
          'content-disposition': attachment(`${entryName(row.title)}.${extension}`),
          'content-security-policy': "sandbox; default-src 'none'",
        })
        .send(content);

      async function contentOf(): Promise<Readable> {
        if (format === 'zip') return toZip(scope, bundle());
        if (format === 'json') {
          const conversation = await describeConversation(scope, row, bundle());
          const entries = await documentEntries(scope, 'documents/', db);
          return Readable.from(toJson(scope, conversation, entries, db), { objectMode: false });
        }
        const transcript = await readTranscript(scope, leafId, db);
        return Readable.from(writers[format](transcript), { objectMode: false });
      }
    },
  );

  app.get(
    '/export',
    {
      config: perMinute(exportsPerMinute, 'exports'),
      schema: {
        tags,
        operationId: 'exportAccount',
        summary: 'Everything of the account in one archive',
        description:
          'A zip archive with a folder for each conversation and each template: its tree, its documents; `account.json` with projects, links without their addresses, and what the account is; and a manifest with hashes. `POST /import` reads it.',
        sends: { 'application/zip': bytes },
      },
    },
    async (request, reply) => {
      const { scope } = principalOf(request);
      await recordExport(db, scope, 'account.exported', scope.userId, now());
      return reply
        .headers({
          'content-type': 'application/zip',
          'content-disposition': attachment(`alcove-${now().toISOString().slice(0, 10)}.zip`),
          'content-security-policy': "sandbox; default-src 'none'",
        })
        .send(accountToZip(scope, bundle()));
    },
  );
}
