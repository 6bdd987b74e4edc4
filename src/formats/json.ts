import { decodeText } from './encoding.ts';
import type { Block, ExtractedDocument, ExtractionContext } from './format.ts';
import { keepText, linesOf, splitCode } from './text-blocks.ts';

export async function extract(bytes: Uint8Array, context: ExtractionContext): Promise<ExtractedDocument> {
  const { text, warnings } = decodeText(bytes);
  return keepText({ text: isOneLine(text) ? indent(text) : text, warnings }, context, splitJson);
}

/** Text written for machines is broken into lines, or it could only be cut at random. */
function isOneLine(text: string): boolean {
  return text.length > 2000 && !text.trim().includes('\n');
}

function indent(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 1);
  } catch {
    // Not JSON after all, or nested too deeply to be laid out: the text is read as it stands.
    return text;
  }
}

/** Groups of lines that end where the nesting is back at the outermost levels. */
function splitJson(text: string): Block[] {
  const blocks: Block[] = [];
  let start = -1;
  let end = 0;
  for (const line of linesOf(text)) {
    if (start < 0) start = line.start;
    end = line.end;
    const indentation = /^\s{0,4}/.exec(text.slice(line.start, line.start + 4))?.[0].length ?? 0;
    if (end - start < 1000 || indentation > 2) continue;
    blocks.push({ kind: 'code', start, end, page: null });
    start = -1;
  }
  if (start >= 0 && text.slice(start, end).trim() !== '')
    blocks.push({ kind: 'code', start, end, page: null });
  return blocks.length > 0 ? blocks : splitCode(text);
}
