import { AppError } from '../errors.ts';
import type { ExtractionContext } from '../formats/format.ts';
import { loadPdfjs } from '../formats/pdf-document.ts';
import { packBlocks } from '../formats/pack-blocks.ts';
import { formatOf, loadParsers } from '../formats/registry.ts';
import { type SandboxInput, type Send, serveSandbox } from '../formats/sandbox-child.ts';
import { emptyDocument } from '../formats/text-blocks.ts';
import { prepareIndex } from '../indexing/prepare.ts';
import { chunk } from './chunk.ts';

/** Progress at most this often; each message is also the sign of life that the sandbox waits for. */
const progressEveryMs = 100;

serveSandbox(prepare, async () => await Promise.all([loadParsers(), loadPdfjs()]));

/** Bytes in; text, blocks, chunks and keyword index out. */
async function prepare({ header, body }: SandboxInput, send: Send): Promise<void> {
  const context = toContext(header, send);
  const format = formatOf(context.mediaType);
  if (!format)
    throw new AppError(
      'unsupported_media_type',
      'This type of document cannot be read. Save it as PDF or text and upload that.',
    );
  if (body.length === 0) throw emptyDocument();
  const { extract } = await format.load();
  const document = await extract(body, context);
  send({ type: 'progress', done: 1, total: 1 });
  const chunks = chunk(document);
  send({ type: 'progress', done: 1, total: 1 });
  const { text, pages, title, warnings, removedNuls } = document;
  const { language, segment } = prepareIndex({
    title: title ?? '',
    fileName: context.fileName,
    text,
    chunks,
  });
  send({ type: 'segment' }, segment);
  const blocks = packBlocks(document.blocks);
  if (blocks !== null) send({ type: 'blocks' }, blocks);
  // The text of a chunk is a slice of the document's: it is cut again on the other side.
  const slices = chunks.map(({ text: _text, ...rest }) => rest);
  send({ type: 'result', pages, title, warnings, removedNuls, language, chunks: slices }, Buffer.from(text));
}

function toContext(header: Record<string, unknown>, send: Send): ExtractionContext {
  let sentAt = 0;
  return {
    fileName: String(header['fileName']),
    mediaType: String(header['mediaType']),
    maxCharacters: Number(header['maxCharacters']),
    maxPages: Number(header['maxPages']),
    recognised: toRecognised(header['recognised']),
    scanned: (pages) => send({ type: 'scanned', pages }),
    progress(done, total) {
      const now = performance.now();
      if (now - sentAt < progressEveryMs && done !== total) return;
      sentAt = now;
      send({ type: 'progress', done, total });
    },
  };
}

/** The server sends pairs of page and text. */
function toRecognised(pairs: unknown): ReadonlyMap<number, string> | undefined {
  return Array.isArray(pairs) ? new Map(pairs as [number, string][]) : undefined;
}
