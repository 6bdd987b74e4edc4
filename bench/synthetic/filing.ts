import { deflateSync } from 'node:zlib';
import { createRandom, type Random } from './seeded.ts';
import { createTexts, type TextSource } from './texts.ts';

export interface Filing {
  bytes: Buffer;
  pages: number;
}

interface Line {
  x: number;
  y: number;
  size: number;
  bold: boolean;
  text: string;
}

const page = { width: 612, height: 792, left: 54, top: 730, bottom: 66, leading: 12.5 };
const charactersPerLine = 98;
const columns = [54, 290, 380, 470];

/** A filing as companies hand them in: running header and page number, headings, prose and tables of figures. */
export function makeFiling(pages: number, seed: number): Filing {
  const random = createRandom(seed);
  const texts = createTexts(seed);
  const objects: Buffer[] = [];
  const add = (body: Buffer | string): number => objects.push(Buffer.from(body));
  const first = 5;
  const kids = Array.from({ length: pages }, (_, at) => `${first + 2 * at} 0 R`).join(' ');
  add('<< /Type /Catalog /Pages 2 0 R >>');
  add(`<< /Type /Pages /Count ${pages} /Kids [${kids}] >>`);
  add('<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>');
  add('<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>');
  for (let at = 0; at < pages; at += 1) {
    add(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${page.width} ${page.height}] /Contents ${first + 2 * at + 1} 0 R ` +
        '/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>',
    );
    const content = deflateSync(draw(layOut(at + 1, random, texts)));
    add(
      Buffer.concat([
        Buffer.from(`<< /Length ${content.length} /Filter /FlateDecode >>\nstream\n`),
        content,
        Buffer.from('\nendstream'),
      ]),
    );
  }
  return { bytes: join(objects), pages };
}

function layOut(number: number, random: Random, texts: TextSource): Line[] {
  const lines: Line[] = [
    {
      x: page.left,
      y: 762,
      size: 8,
      bold: false,
      text: 'Northwind Holdings, Inc. and Subsidiaries - Annual Report',
    },
    { x: 300, y: 30, size: 8, bold: false, text: String(number) },
  ];
  const topic = Math.floor(number / 12);
  let y = page.top;
  const write = (text: string, size: number, bold: boolean, x = page.left): void =>
    void lines.push({ x, y, size, bold, text });
  if (number % 4 === 1) {
    write(`Item ${1 + (number % 15)}. ${title(texts.question(random, topic, 4))}`, 15, true);
    y -= 2 * page.leading;
  }
  while (y > page.bottom + 6 * page.leading) {
    if (random.next() < 0.22) {
      y -= 0.6 * page.leading;
      write(title(texts.question(random, topic, 3)), 11, true);
      y -= 1.4 * page.leading;
    }
    if (random.next() < 0.25) y = table(lines, y, random, texts, topic);
    for (const text of wrap(texts.passage(random, topic, 60 + random.below(70)))) {
      if (y < page.bottom) break;
      write(text, 10, false);
      y -= page.leading;
    }
    y -= 0.6 * page.leading;
  }
  return lines;
}

function table(lines: Line[], from: number, random: Random, texts: TextSource, topic: number): number {
  let y = from;
  const row = (cells: string[], bold: boolean): void => {
    cells.forEach((text, at) => lines.push({ x: columns[at]!, y, size: 9, bold, text }));
    y -= page.leading;
  };
  row(['(in millions)', '2025', '2024', '2023'], true);
  for (let at = 4 + random.below(7); at > 0 && y > page.bottom; at -= 1) {
    const label = title(texts.question(random, topic, 2));
    row(
      [
        label,
        ...Array.from({ length: 3 }, () => `$ ${(random.below(900_000) / 10).toLocaleString('en-US')}`),
      ],
      false,
    );
  }
  return y - page.leading;
}

/** `What about net revenue? (3)` → `Net revenue`. */
function title(question: string): string {
  const words = question.replace('What about ', '').replace('?', '');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function wrap(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line.length + word.length > charactersPerLine) {
      lines.push(line);
      line = word;
      continue;
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

function draw(lines: readonly Line[]): string {
  const drawn = lines.map(({ x, y, size, bold, text }) => {
    const escaped = text.replace(/[\\()]/g, (character) => `\\${character}`);
    return `/F${bold ? 2 : 1} ${size} Tf 1 0 0 1 ${x} ${y.toFixed(1)} Tm (${escaped}) Tj`;
  });
  return `BT\n${drawn.join('\n')}\nET`;
}

function join(objects: readonly Buffer[]): Buffer {
  const parts: Buffer[] = [Buffer.from('%PDF-1.4\n')];
  const offsets: number[] = [];
  let length = parts[0]!.length;
  objects.forEach((body, at) => {
    const object = Buffer.concat([Buffer.from(`${at + 1} 0 obj\n`), body, Buffer.from('\nendobj\n')]);
    offsets.push(length);
    length += object.length;
    parts.push(object);
  });
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  parts.push(Buffer.from(`xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}`));
  parts.push(
    Buffer.from(`trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${length}\n%%EOF\n`),
  );
  return Buffer.concat(parts);
}
