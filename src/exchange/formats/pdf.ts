import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { oneLine, placeOf, roleNames, timeOf, type Transcript } from '../transcript.ts';

const size = { title: 18, text: 10.5, small: 8.5 };
/** One call lays out one paragraph: longer ones would hold up everybody else. */
const paragraphCharacters = 4_000;

/**
 * Pages as they are asked for: what is finished leaves memory, and nobody waits for one paragraph more than it takes.
 * Letters of Latin, Greek, Cyrillic, Hebrew and Arabic script.
 */
export async function* toPdf({ title, createdAt, turns }: Transcript): AsyncGenerator<Buffer> {
  // Loaded when the first PDF is asked for: it and its font tools are large.
  const { default: PDFDocument } = await import('pdfkit');
  const folder = join(
    dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json')),
    'ttf',
  );
  const pdf = new PDFDocument({
    size: 'A4',
    margin: 56,
    font: join(folder, 'DejaVuSans.ttf'),
    info: { Title: title, Creator: 'Alcove' },
  });
  pdf.registerFont('bold', join(folder, 'DejaVuSans-Bold.ttf'));
  pdf.registerFont('plain', join(folder, 'DejaVuSans.ttf'));

  async function* write(
    text: string,
    font: 'bold' | 'plain',
    points: number,
    gap: number,
  ): AsyncGenerator<Buffer> {
    for (const part of partsOf(text)) {
      pdf.font(font).fontSize(points).text(part, { paragraphGap: gap });
      // Pages that are laid out already; null while the first is not full.
      const finished = pdf.read() as Buffer | null;
      if (finished !== null) yield finished;
      await nextTurn();
    }
  }

  yield* write(oneLine(title), 'bold', size.title, 4);
  yield* write(timeOf(createdAt), 'plain', size.small, 12);
  for await (const { role, content, createdAt: at, sources } of turns) {
    yield* write(`${roleNames[role]} · ${timeOf(at)}`, 'bold', size.text, 3);
    yield* write(content, 'plain', size.text, 6);
    for (const source of sources)
      yield* write(`[${source.n}] ${placeOf(source)}: “${oneLine(source.excerpt)}”`, 'plain', size.small, 3);
    pdf.moveDown();
  }
  pdf.end();
  yield* pdf as AsyncIterable<Buffer>;
}

function* partsOf(text: string): Generator<string> {
  // Fonts have no control characters.
  const plain = text.replaceAll('\t', '    ').replaceAll(/[^\P{Cc}\n]/gu, '');
  for (const line of plain.split('\n')) {
    for (let at = 0; at === 0 || at < line.length; at += paragraphCharacters)
      yield line.slice(at, at + paragraphCharacters).toWellFormed();
  }
}
