import type { BlockFlow } from './block-flow.ts';
import type { Numbering } from './docx-numbering.ts';
import type { ParagraphStyle } from './docx-styles.ts';
import { attribute, readXml } from './xml.ts';

/** What paragraphs refer to, shared by all stories of a document. */
export interface Surroundings {
  styleOf: (id: string) => ParagraphStyle;
  numbering: Numbering;
}

interface OpenParagraph {
  style: ParagraphStyle;
  listId: string | null;
  listLevel: number | null;
  /** Its number or bullet is only counted once it turns out to have text. */
  hasMark: boolean;
}

/** Elements whose text is not part of the document as it reads now. */
const skipped = new Set(['instrText', 'delText', 'delInstrText', 'moveFrom', 'Fallback', 'del']);

/** Reads one story of WordprocessingML: the body, a note, a comment, a header. */
export function readStory(bytes: Uint8Array, flow: BlockFlow, { styleOf, numbering }: Surroundings): void {
  let skipping = 0;
  let inText = false;
  let hidden = false;
  let paragraph: OpenParagraph | null = null;
  const outer: (OpenParagraph | null)[] = [];
  const markList = () => {
    if (!paragraph || paragraph.hasMark) return;
    paragraph.hasMark = true;
    const { style, listId, listLevel } = paragraph;
    const id = listId ?? style.list?.id ?? null;
    const level = style.heading;
    if (id === null || id === '0') {
      if (level !== null) flow.become('heading', { level });
      return;
    }
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
          outer.push(paragraph);
          paragraph = { style: { heading: null, list: null }, listId: null, listLevel: null, hasMark: false };
          break;
        case 'pStyle':
          if (paragraph) paragraph.style = styleOf(value ?? '');
          break;
        case 'outlineLvl':
          if (paragraph && Number(value) < 9)
            paragraph.style = { ...paragraph.style, heading: Number(value) + 1 };
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
        paragraph = outer.pop() ?? null;
        flow.block('paragraph');
      } else if (name === 'tc') flow.closeCell();
      else if (name === 'tbl') flow.closeTable();
      else if (name === 'txbxContent') flow.closeFloat();
    },
  });
  flow.end();
}
