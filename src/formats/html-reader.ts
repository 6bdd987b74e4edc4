import { Parser } from 'htmlparser2';
import { BlockFlow } from './block-flow.ts';
import type { DocumentBuilder } from './document-builder.ts';
import { limitNesting } from './html-nesting.ts';

/** Elements that are never read. */
const skipped = new Set([
  'script',
  'style',
  'noscript',
  'template',
  'svg',
  'math-annotation',
  'iframe',
  'object',
  'select',
  'datalist',
  'canvas',
  'audio',
  'video',
  'nav',
  'dialog',
]);

/** Elements that begin and end a block of text. */
const blocks = new Set([
  'p',
  'div',
  'section',
  'article',
  'main',
  'header',
  'footer',
  'aside',
  'address',
  'blockquote',
  'figure',
  'figcaption',
  'form',
  'fieldset',
  'details',
  'summary',
  'dl',
  'dt',
  'dd',
  'ul',
  'ol',
  'hr',
  'body',
  'caption',
  'center',
  'legend',
  'tbody',
  'thead',
  'tfoot',
]);

const voidElements = new Set([
  'area',
  'base',
  'br',
  'col',
  'embed',
  'hr',
  'img',
  'input',
  'link',
  'meta',
  'source',
  'track',
  'wbr',
]);

/** Open lists with the number of their next item; null where the marks are bullets. */
type Lists = (number | null)[];

/**
 * Reads the visible text of a web page or of a chapter of a book: no scripts, no styles, nothing that
 * is hidden, no navigation. Everything else is kept, because what is worth reading is not for us to say.
 */
export function readHtml(html: string, builder: DocumentBuilder): void {
  const source = limitNesting(html);
  const flow = new BlockFlow(builder);
  const lists: Lists = [];
  const hiddenIn: string[] = [];
  let title: string | null = null;
  let pre = 0;
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        if (hiddenIn.length > 0 || isHidden(name, attributes)) {
          if (!voidElements.has(name)) hiddenIn.push(name);
          return;
        }
        if (name === 'title') {
          if (builder.title === null && title === null) title = '';
          hiddenIn.push(name);
          return;
        }
        if (name === 'pre') pre++;
        openElement(name, attributes, flow, lists);
      },
      ontext(text) {
        if (hiddenIn.length === 1 && hiddenIn[0] === 'title' && title !== null && builder.title === null)
          title += text;
        if (hiddenIn.length > 0) return;
        flow.text(pre > 0 ? text : text.replace(/[\s\u00a0]+/g, ' '));
      },
      onclosetag(name) {
        if (hiddenIn.length > 0) {
          if (!voidElements.has(name)) hiddenIn.pop();
          if (name === 'title') builder.title ??= title;
          return;
        }
        if (name === 'pre') pre = Math.max(0, pre - 1);
        closeElement(name, flow, lists);
      },
    },
    { decodeEntities: true, recognizeSelfClosing: true },
  );
  // In slices, so that one enormous tag does not double the memory.
  for (let offset = 0; offset < source.length; offset += 1_000_000)
    parser.write(source.slice(offset, offset + 1_000_000));
  parser.end();
  flow.end();
}

function isHidden(name: string, attributes: Record<string, string>): boolean {
  if (skipped.has(name) || 'hidden' in attributes) return true;
  if (attributes['role'] === 'navigation') return true;
  const style = attributes['style'];
  return style !== undefined && /(display\s*:\s*none|visibility\s*:\s*hidden)/i.test(style.slice(0, 2000));
}

function openElement(name: string, attributes: Record<string, string>, flow: BlockFlow, lists: Lists): void {
  if (/^h[1-6]$/.test(name)) flow.block('heading', { level: Number(name[1]) });
  else if (name === 'li') {
    const next = lists.at(-1);
    if (typeof next === 'number') lists[lists.length - 1] = next + 1;
    flow.block('list_item', { prefix: typeof next === 'number' ? `${next}. ` : '- ' });
  } else if (name === 'ul' || name === 'ol') {
    lists.push(name === 'ol' ? Number(attributes['start'] ?? 1) || 1 : null);
    flow.block('paragraph');
  } else if (name === 'pre') flow.block('code');
  else if (name === 'br') flow.text('\n');
  else if (name === 'table') flow.openTable();
  else if (name === 'tr') flow.openRow();
  else if (name === 'td' || name === 'th') {
    if (name === 'th' && !('scope' in attributes && attributes['scope'] === 'row')) flow.markHeaderCell();
    flow.openCell({ columns: Number(attributes['colspan'] ?? 1), rows: Number(attributes['rowspan'] ?? 1) });
  } else if (blocks.has(name)) flow.block('paragraph');
  else if (name === 'img' && (attributes['alt'] ?? '').trim().length > 3) flow.text(` ${attributes['alt']} `);
}

function closeElement(name: string, flow: BlockFlow, lists: Lists): void {
  if (name === 'td' || name === 'th') flow.closeCell();
  else if (name === 'table') flow.closeTable();
  else if (name === 'ul' || name === 'ol') {
    lists.pop();
    flow.block('paragraph');
  } else if (/^h[1-6]$/.test(name) || name === 'li' || name === 'pre' || blocks.has(name))
    flow.block('paragraph');
}
