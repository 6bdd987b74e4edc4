import { BlockFlow } from './block-flow.ts';
import { DocumentBuilder } from './document-builder.ts';
import { readNumbering, type Numbering } from './docx-numbering.ts';
import { readStyles, type ParagraphStyle } from './docx-styles.ts';
import type { ExtractedDocument, ExtractionContext, Format } from './format.ts';
import { readDrawingText, readTitle } from './ooxml-parts.ts';
import { openOoxml } from './ooxml.ts';
import { emptyDocument } from './text-blocks.ts';
import { attribute, readXml } from './xml.ts';

export const docx: Format = {
  name: 'Word',
  mediaTypes: [
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    'application/vnd.openxmlformats-officedocument.wordprocessingml.template',
    'application/vnd.ms-word.document.macroenabled.12',
  ],
  extensions: ['docx', 'docm', 'dotx'],
  extract,
};

interface Surroundings {
  styleOf: (id: string) => ParagraphStyle;
  numbering: Numbering;
}

/** The body, then footnotes, endnotes, comments, headers and footers, diagrams and charts. */
async function extract(bytes: Uint8Array, context: ExtractionContext): Promise<ExtractedDocument> {
  const parts = openOoxml(bytes);
  const related = parts.relationshipsOf(parts.main);
  const part = (type: string) => {
    const target = related.find((relationship) => relationship.type === type)?.target;
    return target === undefined ? null : parts.find(target);
  };
  const surroundings = { styleOf: readStyles(part('styles')), numbering: readNumbering(part('numbering')) };
  const builder = new DocumentBuilder(context);
  builder.title = readTitle(parts);
  const flow = new BlockFlow(builder);
  readStory(parts.read(parts.main), flow, surroundings);
  for (const type of ['footnotes', 'endnotes', 'comments']) {
    const story = part(type);
    if (story) readStory(story, flow, surroundings);
    context.progress(1, null);
  }
  const seen = new Set<string>();
  for (const { type, target } of related) {
    if (seen.has(target)) continue;
    seen.add(target);
    const story = /^(header|footer|diagramData|chart)$/.test(type) ? parts.find(target) : null;
    if (!story) continue;
    if (type === 'header' || type === 'footer') readStory(story, flow, surroundings);
    else for (const paragraph of readDrawingText(story)) builder.add('paragraph', paragraph);
  }
  if (builder.isEmpty) throw emptyDocument();
  return builder.build(null);
}

/** Elements whose text is not part of the document as it reads now. */
const skipped = new Set(['instrText', 'delText', 'delInstrText', 'moveFrom', 'Fallback', 'del']);

/** Reads one story of WordprocessingML: the body, a note, a comment, a header. */
function readStory(bytes: Uint8Array, flow: BlockFlow, { styleOf, numbering }: Surroundings): void {
  let skipping = 0;
  let inText = false;
  let hidden = false;
  let paragraph: { style: ParagraphStyle; listId: string | null; listLevel: number | null; hasMark: boolean } | null = null;
  const stack: (typeof paragraph)[] = [];
  const markList = () => {
    if (!paragraph || paragraph.hasMark) return;
    paragraph.hasMark = true;
    const { style, listId, listLevel } = paragraph;
    const id = listId ?? style.list?.id ?? null;
    const level = style.heading;
    if (id === null || id === '0') return level !== null && flow.become('heading', { level });
    const prefix = numbering.next(id, listLevel ?? style.list?.level ?? 0);
    flow.become(level === null ? 'list_item' : 'heading', { level: level ?? undefined, prefix });
  };
  readXml(bytes, {
    open(name, attributes) {
      if (skipping > 0 || skipped.has(name)) {
        skipping++;
        return;
      }
      const value = attribute(attributes, 'val');
      switch (name) {
        case 'p':
          flow.block('paragraph');
          stack.push(paragraph);
          paragraph = { style: { heading: null, list: null }, listId: null, listLevel: null, hasMark: false };
          break;
        case 'pStyle':
          if (paragraph) paragraph.style = styleOf(value ?? '');
          break;
        case 'outlineLvl':
          if (paragraph && Number(value) < 9) paragraph.style = { ...paragraph.style, heading: Number(value) + 1 };
          break;
        case 'numId':
          if (paragraph) paragraph.listId = value ?? null;
          break;
        case 'ilvl':
          if (paragraph) paragraph.listLevel = Number(value);
          break;
        case 'r':
          hidden = false;
          break;
        case 'vanish':
          hidden = value !== '0' && value !== 'false';
          break;
        case 't':
          inText = !hidden;
          break;
        case 'tab':
        case 'ptab':
          if (!('val' in attributes) && attribute(attributes, 'pos') === undefined) flow.text(' ');
          break;
        case 'br':
        case 'cr':
          flow.text('\n');
          break;
        case 'noBreakHyphen':
          flow.text('-');
          break;
        case 'comment':
          flow.block('paragraph', { prefix: `Comment by ${attribute(attributes, 'author') || 'unknown'}: ` });
          break;
        case 'txbxContent':
          markList();
          flow.openFloat();
          break;
        case 'tbl':
          flow.openTable();
          break;
        case 'tr':
          flow.openRow();
          break;
        case 'tblHeader':
          if (value !== '0' && value !== 'false') flow.markHeaderRow();
          break;
        case 'tc':
          flow.openCell();
          break;
        case 'gridSpan':
          flow.describeCell({ columns: Number(value) });
          break;
        case 'vMerge':
          if (value !== 'restart') flow.describeCell({ continuesAbove: true });
          break;
      }
    },
    text(text) {
      if (skipping > 0 || !inText) return;
      markList();
      flow.text(text);
    },
    close(name) {
      if (skipping > 0) {
        skipping--;
        return;
      }
      if (name === 't') inText = false;
      else if (name === 'p') {
        paragraph = stack.pop() ?? null;
        flow.block('paragraph');
      } else if (name === 'tc') flow.closeCell();
      else if (name === 'tbl') flow.closeTable();
      else if (name === 'txbxContent') flow.closeFloat();
    },
  });
  flow.end();
}
