import { DocumentBuilder } from './document-builder.ts';
import { decodeHeader, parameter, readParts, textOf } from './eml-message.ts';
import type { Format } from './format.ts';
import { readHtml } from './html-reader.ts';
import { emptyDocument, splitParagraphs } from './text-blocks.ts';

/** A saved e-mail: who, when, about what, its text, and the names of what was attached. */
export const eml: Format = {
  name: 'E-mail',
  mediaTypes: ['message/rfc822'],
  extensions: ['eml'],
  async extract(bytes, context) {
    const builder = new DocumentBuilder(context);
    const { headers, leaves } = readParts(bytes);
    const subject = decodeHeader(headers.get('subject') ?? '');
    builder.add('heading', subject, 1);
    const shown = ['from', 'to', 'cc', 'date'].filter((name) => headers.has(name));
    builder.add(
      'paragraph',
      shown
        .map((name) => `${name[0]?.toUpperCase()}${name.slice(1)}: ${decodeHeader(headers.get(name) ?? '')}`)
        .join('\n'),
    );
    const attachments: string[] = [];
    for (const leaf of leaves) {
      const disposition = leaf.headers.get('content-disposition');
      const name = parameter(disposition, 'filename') ?? parameter(leaf.headers.get('content-type'), 'name');
      if (/^attachment/i.test(disposition ?? '') || !/^text\/(plain|html)$/.test(leaf.type)) {
        if (name !== undefined) attachments.push(decodeHeader(name));
        continue;
      }
      const text = textOf(leaf);
      if (leaf.type === 'text/html') readHtml(text, builder);
      else
        for (const { start, end } of splitParagraphs(text))
          builder.add('paragraph', text.slice(start, end).replaceAll('\r\n', '\n'));
    }
    if (attachments.length > 0) {
      builder.add('paragraph', `Attachments: ${attachments.join(', ')}`);
      builder.warn('Attachments were not read. Upload them as documents of their own.');
    }
    if (builder.isEmpty) throw emptyDocument();
    builder.title = subject;
    return builder.build(null);
  },
};
