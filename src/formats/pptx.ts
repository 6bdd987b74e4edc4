import { BlockFlow } from './block-flow.ts';
import { DocumentBuilder } from './document-builder.ts';
import type { ExtractedDocument, ExtractionContext } from './format.ts';
import { tooManyPages } from './page-limit.ts';
import { readDrawingText, readTitle } from './ooxml-parts.ts';
import { openOoxml, type OoxmlPackage } from './ooxml.ts';
import { readComments } from './pptx-comments.ts';
import { emptyDocument } from './text-blocks.ts';
import { attribute, prefixedAttribute, readXml } from './xml.ts';

/** Slides in the order of the show; a page is a slide. */
export async function extract(bytes: Uint8Array, context: ExtractionContext): Promise<ExtractedDocument> {
  const parts = openOoxml(bytes);
  const builder = new DocumentBuilder(context);
  builder.title = readTitle(parts);
  const slides = findSlides(parts);
  if (slides.length > context.maxPages) throw tooManyPages('presentation', slides.length, context.maxPages);
  const commentsOf = readComments(parts);
  for (const [index, slide] of slides.entries()) {
    builder.page = index + 1;
    const flow = new BlockFlow(builder);
    const bytesOfSlide = parts.find(slide);
    if (bytesOfSlide) readShapes(bytesOfSlide, flow, 'slide');
    else builder.warn(`Slide ${index + 1} is missing in the file.`);
    for (const { type, target } of parts.relationshipsOf(slide)) {
      const part = /^(notesSlide|diagramData|chart|chartEx)$/.test(type) ? parts.find(target) : null;
      if (!part) continue;
      if (type === 'notesSlide') readShapes(part, flow, 'notes');
      else for (const paragraph of readDrawingText(part)) builder.add('paragraph', paragraph);
    }
    for (const comment of commentsOf(slide)) builder.add('paragraph', comment);
    context.progress(index + 1, slides.length);
  }
  if (builder.isEmpty) throw emptyDocument();
  return builder.build(slides.length);
}

function findSlides(parts: OoxmlPackage): string[] {
  const targets = new Map(parts.relationshipsOf(parts.main).map(({ id, target }) => [id, target]));
  const slides: string[] = [];
  readXml(parts.read(parts.main), {
    open(name, attributes) {
      const target = name === 'sldId' ? targets.get(prefixedAttribute(attributes, 'id') ?? '') : undefined;
      if (target !== undefined) slides.push(target);
    },
  });
  return slides;
}

/** Numbers and dates are furniture of the template. */
const furniture = new Set(['sldNum', 'dt', 'sldImg']);

/** Reads the shapes of a slide, or the notes below it. */
function readShapes(bytes: Uint8Array, flow: BlockFlow, kind: 'slide' | 'notes'): void {
  let placeholder = '';
  let inText = false;
  let skipping = 0;
  let bullet = false;
  let number = 0;
  let isNumbered = false;
  readXml(bytes, {
    open(name, attributes) {
      if (
        skipping > 0 ||
        name === 'Fallback' ||
        (name === 'fld' && attribute(attributes, 'type') === 'slidenum')
      ) {
        skipping++;
        return;
      }
      if (name === 'sp') placeholder = '';
      else if (name === 'ph') placeholder = attribute(attributes, 'type') ?? 'body';
      else if (name === 'p') {
        const isTitle = kind === 'slide' && /^(title|ctrTitle)$/.test(placeholder);
        bullet = kind === 'slide' && placeholder === 'body' && !flow.isInTable;
        flow.block(
          isTitle ? 'heading' : 'paragraph',
          isTitle ? { level: 1 } : { prefix: kind === 'notes' ? 'Notes: ' : '' },
        );
      } else if (name === 'buNone') bullet = false;
      else if (name === 'buChar' || name === 'buAutoNum') {
        bullet = !flow.isInTable;
        isNumbered = name === 'buAutoNum';
      } else if (name === 'br') flow.text('\n');
      else if (name === 't') inText = !furniture.has(placeholder);
      else if (name === 'tbl') flow.openTable();
      else if (name === 'tr') flow.openRow();
      else if (name === 'tc') {
        if (attribute(attributes, 'hMerge') === '1') flow.skipCell();
        else
          flow.openCell({
            columns: Number(attribute(attributes, 'gridSpan') ?? 1),
            continuesAbove: attribute(attributes, 'vMerge') === '1',
          });
      }
    },
    text(text) {
      if (skipping > 0 || !inText) return;
      if (bullet) flow.become('list_item', { prefix: isNumbered ? `${++number}. ` : '- ' });
      bullet = false;
      flow.text(text);
    },
    close(name) {
      if (skipping > 0) {
        skipping--;
        return;
      }
      if (name === 't') inText = false;
      else if (name === 'p') {
        flow.block('paragraph');
        if (!isNumbered) number = 0;
        isNumbered = false;
      } else if (name === 'tc') flow.closeCell();
      else if (name === 'tbl') flow.closeTable();
    },
  });
  flow.end();
}
