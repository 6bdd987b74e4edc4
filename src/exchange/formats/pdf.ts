import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { findingOf, oneLine, placeOf } from '../notes.ts';
import { roleNames, timeOf, type Transcript, type Turn } from '../transcript.ts';
import type { FontFinder } from './find-fonts.ts';
import { openPdfFonts } from './pdf-fonts.ts';
import { openPdfPage, type PdfPage } from './pdf-page.ts';
import { type Block, readMarkdown, type Run } from './read-markdown.ts';

const size = { title: 18, text: 10.5, code: 9, small: 8.5 };
const headingSizes = [15, 13.5, 12];
const indent = 16;
/** More would leave no room for words. */
const maxIndent = 10 * indent;

/**
 * Pages as they are asked for: what is finished leaves memory, and nobody waits for one paragraph more than it takes.
 * Letters of Latin, Greek, Cyrillic, Hebrew and Arabic script, and of those for which `finder` has a font; any other
 * stands as its number, and a note before the first says so.
 */
export async function* toPdf(
  { title, createdAt, turns }: Transcript,
  finder: FontFinder,
): AsyncGenerator<Buffer> {
  // Loaded when the first PDF is asked for: it and its font tools are large.
  const { default: PDFDocument } = await import('pdfkit');
  const folder = join(
    dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json')),
    'ttf',
  );
  const pdf = new PDFDocument({
    size: 'A4',
    margin: 56,
    // None: text that goes on to another page would go on in it, and it would be read anew whenever it is asked for.
    font: '',
    info: { Title: title, Creator: 'Alcove' },
  });
  const fonts = openPdfFonts(pdf, folder, finder);
  const page = openPdfPage(pdf, fonts);
  let isTold = false;

  /** Whatever is written, step by step: in between, finished pages go out and others have their turn. */
  async function* send(steps: Iterable<void>): AsyncGenerator<Buffer> {
    for (const _ of steps) {
      // Pages that are laid out already; null while the first is not full.
      const finished = pdf.read() as Buffer | null;
      if (finished !== null) yield finished;
      await nextTurn();
    }
  }

  /** Gets fonts for what comes next, or says that letters of it have none. */
  async function* prepare(text: string): AsyncGenerator<Buffer> {
    if ((await fonts.prepare(text)) || isTold) return;
    isTold = true;
    yield* send(page.write([{ text: lacking, italic: true }], { size: size.small, gap: 6 }));
  }

  yield* prepare(title);
  yield* send(page.write([{ text: oneLine(title), bold: true }], { size: size.title, gap: 4 }));
  yield* send(page.write([{ text: timeOf(createdAt) }], { size: size.small, gap: 12 }));
  for await (const turn of turns) {
    yield* prepare(lettersOf(turn));
    yield* send(turnSteps(page, turn));
  }
  pdf.end();
  yield* pdf as AsyncIterable<Buffer>;
}

const lacking =
  'Letters for which this server has no font stand here as their numbers, as in ⟨U+4E2D⟩. The export as HTML has them as they were written.';

function lettersOf({ content, notes, pages }: Turn): string {
  const quoted = notes.flatMap((note) => [placeOf(note), ...note.quotes.map(({ text }) => text)]);
  const named = pages.map(({ name, url }) => `${name}${url ?? ''}`);
  return [content, ...quoted, ...named].join('\n');
}

function* turnSteps(page: PdfPage, { role, content, createdAt, notes, pages }: Turn): Generator<void> {
  const head = `${roleNames[role]} · ${timeOf(createdAt)}`;
  yield* page.write([{ text: head, bold: true }], { size: size.text, gap: 3 });
  if (role === 'assistant') for (const block of readMarkdown(content)) yield* blockSteps(page, block, 0);
  else yield* page.write([{ text: content }], { size: size.text, gap: 6 });
  for (const note of notes) {
    const quotes = note.quotes.flatMap((quote): Run[] => [
      { text: ` “${quote.text}” ` },
      { text: `(${findingOf(quote)})`, italic: true },
    ]);
    yield* page.write([{ text: `[${note.n}] ${placeOf(note)}:` }, ...quotes], { size: size.small, gap: 3 });
  }
  for (const { n, name, url } of pages)
    yield* page.write([{ text: `[${n}] ${name}${url === null ? '' : ` ${url}`}` }], {
      size: size.small,
      gap: 3,
    });
  page.space();
}

function* blockSteps(page: PdfPage, block: Block, wanted: number): Generator<void> {
  const left = Math.min(wanted, maxIndent);
  switch (block.type) {
    case 'heading': {
      const points = headingSizes[block.level - 1] ?? size.text;
      const runs = block.runs.map((run) => ({ ...run, bold: true }));
      yield* page.write(runs, { size: points, gap: 4, left });
      break;
    }
    case 'paragraph':
      yield* page.write(block.runs, { size: size.text, gap: 6, left });
      break;
    case 'code': {
      const code = [{ text: block.text, code: true }];
      yield* page.write(code, { size: size.code, gap: 2, left: left + indent / 2 });
      break;
    }
    case 'quote':
      for (const inner of block.blocks) yield* blockSteps(page, inner, left + indent);
      break;
    case 'list':
      for (const [at, item] of block.items.entries()) {
        yield* page.mark(block.start === null ? '•' : `${block.start + at}.`, size.text, left);
        for (const inner of item) yield* blockSteps(page, inner, left + indent);
      }
      break;
    case 'table':
      yield* page.table(block, { size: size.small, left });
      break;
    case 'footnote': {
      const runs = [{ text: `${block.label} `, raised: true }, ...block.runs];
      yield* page.write(runs, { size: size.small, gap: 3, left });
      break;
    }
    default:
      page.rule();
  }
}
