import { decodeText } from './encoding.ts';
import type { Block, ExtractedDocument, ExtractionContext } from './format.ts';
import { tooManyPages } from './page-limit.ts';
import { keepText, splitParagraphs } from './text-blocks.ts';

export async function extract(bytes: Uint8Array, context: ExtractionContext): Promise<ExtractedDocument> {
  const document = keepText(decodeText(bytes), context, splitPages);
  const pages = countPages(document.text);
  if (pages !== null && pages > context.maxPages) throw tooManyPages('text', pages, context.maxPages);
  return { ...document, pages };
}

/** Paragraphs; in a text with form feeds, as printed and scanned ones have, each with its page. */
function splitPages(text: string): Block[] {
  if (!text.includes(formFeed)) return splitParagraphs(text);
  const blocks: Block[] = [];
  let start = 0;
  for (const [at, page] of text.split(formFeed).entries()) {
    for (const block of splitParagraphs(page)) {
      blocks.push({ ...block, start: start + block.start, end: start + block.end, page: at + 1 });
    }
    start += page.length + formFeed.length;
  }
  return blocks;
}

const formFeed = '\f';

/** Null where there are none; the form feed that ends a text begins no page. */
function countPages(text: string): number | null {
  const breaks = text.trimEnd().split(formFeed).length;
  return text.includes(formFeed) ? breaks : null;
}
