import { DocumentBuilder } from './document-builder.ts';
import { readMessage } from './eml-message.ts';
import type { ExtractedDocument, ExtractionContext } from './format.ts';
import { readHtml } from './html-reader.ts';
import { emptyDocument, splitParagraphs } from './text-blocks.ts';

/** Messages within messages beyond this depth, or after so many, are not opened. */
const maxDepth = 10;
const maxMessages = 500;

/** A saved e-mail: who, when, about what, its text, the names of what was attached, and the messages in it. */
export async function extract(bytes: Uint8Array, context: ExtractionContext): Promise<ExtractedDocument> {
  const builder = new DocumentBuilder(context);
  const queue = [{ bytes, depth: 0 }];
  let count = 0;
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { depth } = next;
    const messages = await addMessage(builder, next.bytes, depth + 1);
    count += 1;
    context.progress(count, null);
    if (depth === maxDepth && messages.length > 0)
      builder.warn('Messages within messages were read ten deep.');
    if (depth < maxDepth) queue.unshift(...messages.map((one) => ({ bytes: one, depth: depth + 1 })));
    if (count < maxMessages || queue.length === 0) continue;
    builder.warn(`The first ${maxMessages} messages were read.`);
    break;
  }
  if (builder.isEmpty) throw emptyDocument();
  return builder.build(null);
}

/** @returns the messages in it */
async function addMessage(builder: DocumentBuilder, bytes: Uint8Array, level: number): Promise<Uint8Array[]> {
  const { headers, body, attachments, messages } = await readMessage(bytes);
  const subject = headers.get('subject') ?? '';
  if (level === 1) builder.title = subject;
  builder.add('heading', subject, Math.min(level, 6));
  const shown = ['from', 'to', 'cc', 'date'].filter((name) => headers.has(name));
  builder.add(
    'paragraph',
    shown.map((name) => `${name[0]?.toUpperCase()}${name.slice(1)}: ${headers.get(name)}`).join('\n'),
  );
  if (body.kind === 'html') readHtml(body.text, builder);
  else
    for (const { start, end } of splitParagraphs(body.text))
      builder.add('paragraph', body.text.slice(start, end).replaceAll('\r\n', '\n'));
  if (attachments.length > 0) {
    builder.add('paragraph', `Attachments: ${attachments.join(', ')}`);
    builder.warn('Attachments were not read. Upload them as documents of their own.');
  }
  return messages;
}
