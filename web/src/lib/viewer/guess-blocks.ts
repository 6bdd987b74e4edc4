import { plainBlock, type TextBlock } from './text-block.ts';

/**
 * Cuts a text where its reader has put empty lines. Rows with tabs are a table; a line that passages name as their
 * heading is one.
 */
export function guessBlocks(text: string, headings: ReadonlySet<string>): TextBlock[] {
  const blocks: TextBlock[] = [];
  let start = 0;
  while (start < text.length) {
    const gap = text.indexOf('\n\n', start);
    const end = gap < 0 ? text.length : gap;
    // How deep a heading stands is not known.
    if (end > start)
      blocks.push({ ...plainBlock(kindOf(text.slice(start, end), headings), { start, end }), level: 3 });
    start = end;
    while (text[start] === '\n') start += 1;
  }
  return blocks;
}

function kindOf(block: string, headings: ReadonlySet<string>): TextBlock['kind'] {
  if (block.includes('\t')) return 'table';
  if (!block.includes('\n') && block.length <= 300 && headings.has(block.trim())) return 'heading';
  return 'paragraph';
}
