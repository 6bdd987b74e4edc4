import { BlockFlow } from './block-flow.ts';
import { DocumentBuilder } from './document-builder.ts';
import { readNumbering } from './docx-numbering.ts';
import { readStory } from './docx-story.ts';
import { readStyles } from './docx-styles.ts';
import type { ExtractedDocument, ExtractionContext } from './format.ts';
import { readDrawingText, readTitle } from './ooxml-parts.ts';
import { openOoxml } from './ooxml.ts';
import { emptyDocument } from './text-blocks.ts';

/** The body, then footnotes, endnotes, comments, headers and footers, diagrams and charts. */
export async function extract(bytes: Uint8Array, context: ExtractionContext): Promise<ExtractedDocument> {
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
