import { AppError } from '../errors.ts';
import { cleanTitle, tooMuchText } from './document-builder.ts';
import type { DecodedText } from './encoding.ts';
import type { Block, ExtractedDocument, ExtractionContext } from './format.ts';

/**
 * A document whose canonical text is its own text, unchanged but for NULs and lone surrogates.
 * @param split finds the blocks of the text
 */
export function keepText(
  { text: source, warnings }: Pick<DecodedText, 'text' | 'warnings'>,
  context: ExtractionContext,
  split: (text: string) => Block[],
  title: (text: string) => string | null = () => null,
): ExtractedDocument {
  const withoutNuls = source.includes('\0') ? source.replaceAll('\0', '') : source;
  const text = withoutNuls.toWellFormed();
  if (text.length > context.maxCharacters) throw tooMuchText(context.maxCharacters);
  if (text.trim() === '') throw emptyDocument();
  const removedNuls = source.length - withoutNuls.length;
  return {
    text,
    blocks: split(text),
    pages: null,
    title: cleanTitle(title(text)),
    warnings,
    removedNuls,
  };
}

export function emptyDocument(): AppError {
  return new AppError(
    'document_empty',
    'The document holds no text. Check that it is the right file and upload it again.',
  );
}

/** Paragraphs between blank lines; the lines of a paragraph stay as they are. */
export function splitParagraphs(text: string): Block[] {
  return splitAtBlankLines(text, 'paragraph');
}

/** Stretches of code between blank lines. */
export function splitCode(text: string): Block[] {
  return splitAtBlankLines(text, 'code');
}

function splitAtBlankLines(text: string, kind: Block['kind']): Block[] {
  const blocks: Block[] = [];
  let start = -1;
  let end = 0;
  for (const line of linesOf(text)) {
    if (text.slice(line.start, line.end).trim() === '') {
      if (start >= 0) blocks.push({ kind, start, end, page: null });
      start = -1;
      continue;
    }
    if (start < 0) start = line.start;
    end = line.end;
  }
  if (start >= 0) blocks.push({ kind, start, end, page: null });
  return blocks;
}

/** The lines of a text, without their ends: LF, CR LF or CR. */
export function* linesOf(text: string): Generator<{ start: number; end: number }> {
  const lineEnd = /\r\n|\n|\r/g;
  let start = 0;
  for (let match = lineEnd.exec(text); match; match = lineEnd.exec(text)) {
    yield { start, end: match.index };
    start = match.index + match[0].length;
  }
  if (start < text.length) yield { start, end: text.length };
}
