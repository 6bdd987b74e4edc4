import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { prepareDocument } from '../src/documents/prepare.ts';
import { findRecogniser, type Recogniser } from '../src/formats/ocr/recogniser.ts';
import { detectLanguage } from '../src/indexing/language.ts';
import { pdfOf } from '../test/documents/support/scans.ts';
import { EvalError } from './eval-error.ts';
import { shuffle } from './fusion/conversation.ts';
import { seededRandom } from './metrics.ts';
import { type FormatRecall, recallOf, summarise } from './reading.ts';

/** A page whose words are known, from the text layer that poppler reads of it. */
interface KnownPage {
  path: string;
  /** From 1. */
  page: number;
  text: string;
}

/** Fewer words than this say nothing about a page. */
const leastWords = 60;
const maxBytes = 512 * 1024 * 1024;
/** What an office scanner is set to. */
const dpi = 200;

/**
 * Renders a page of each of `count` PDFs, drawn by lot, and reads it back by text recognition: as an image, as a PDF of
 * that image, and as a PDF of a worse one, a little tilted and grey, with specks.
 * @throws EvalError where its programs are not installed, or a folder has no English PDF with text
 */
export async function measureScans(
  folders: readonly string[],
  count: number,
  onPage: (line: string) => void,
): Promise<FormatRecall[]> {
  const ocr = await findRecogniser({ mode: 'on', languages: 'eng', timeoutMs: 120_000 });
  if (typeof ocr === 'string') throw new EvalError(ocr);
  const random = seededRandom(5);
  const pages = choosePages(folders, count, random);
  if (pages.length === 0) throw new EvalError(`No English PDF with text in ${folders.join(', ')}.`);
  const recalls = new Map<string, number[]>();
  for (const known of pages) {
    const clean = greyOf(render(known));
    const forms = {
      'image, PNG': ['image/png', render(known, ['-png'])],
      'PDF, clean': ['application/pdf', asPdf(clean)],
      'PDF, worse': ['application/pdf', asPdf(worsen(clean, random))],
    } as const;
    for (const [form, [mediaType, bytes]] of Object.entries(forms)) {
      const recall = recallOf(await readBack(bytes, mediaType, ocr), known.text);
      recalls.set(form, [...(recalls.get(form) ?? []), recall]);
      onPage(`${form}  ${recall.toFixed(3)}  ${basename(known.path)}, page ${known.page}`);
    }
  }
  return summarise(recalls);
}

function choosePages(folders: readonly string[], count: number, random: () => number): KnownPage[] {
  const files = folders.flatMap((folder) =>
    (existsSync(folder) ? readdirSync(folder).toSorted() : [])
      .filter((name) => name.endsWith('.pdf'))
      .map((name) => join(folder, name)),
  );
  const chosen: KnownPage[] = [];
  for (const path of shuffle(files, random)) {
    if (chosen.length === count) break;
    const texts = pagesOf(path).map((text, at) => ({ path, page: at + 1, text }));
    const known = shuffle(texts, random).find(
      ({ text }) => (text.match(/\p{L}{2,}/gu) ?? []).length >= leastWords && detectLanguage(text) === 'en',
    );
    if (known !== undefined) chosen.push(known);
  }
  return chosen;
}

/** Text of each page; nothing of a file that poppler does not read. */
function pagesOf(path: string): string[] {
  try {
    return execFileSync('pdftotext', [path, '-'], {
      maxBuffer: maxBytes,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
      .toString()
      .split('\f');
  } catch {
    // What its own reader refuses has no known words.
    return [];
  }
}

interface Grey {
  width: number;
  height: number;
  /** Row by row from the top, 255 is white. */
  pixels: Buffer;
}

/** As PGM, if not said otherwise. */
function render({ path, page }: KnownPage, format: string[] = []): Buffer {
  const which = ['-r', String(dpi), '-gray', '-f', String(page), '-l', String(page)];
  return execFileSync('pdftoppm', [...which, ...format, path], { maxBuffer: maxBytes });
}

function greyOf(pgm: Buffer): Grey {
  const [head = '', width, height] = /^P5\s+(\d+)\s+(\d+)\s+255\s/.exec(pgm.toString('latin1', 0, 40)) ?? [];
  return { width: Number(width), height: Number(height), pixels: pgm.subarray(head.length) };
}

const tilt = Math.PI / 180;
const noise = 40;
const specks = 1 / 4000;

/** Tilted by up to a degree, softened by that, darker paper, grain and specks. */
function worsen({ width, height, pixels }: Grey, random: () => number): Grey {
  const angle = (2 * random() - 1) * tilt;
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
  const worse = Buffer.alloc(width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [dx, dy] = [x - width / 2, y - height / 2];
      const shade = shadeAt(
        pixels,
        width,
        height,
        cos * dx - sin * dy + width / 2,
        sin * dx + cos * dy + height / 2,
      );
      const isSpeck = random() < specks;
      const grain = (random() + random() - 1) * noise;
      worse[y * width + x] = isSpeck ? 30 : Math.min(255, Math.max(0, 25 + shade * 0.8 + grain));
    }
  return { width, height, pixels: worse };
}

/** Between the four pixels around; white outside. */
function shadeAt(pixels: Buffer, width: number, height: number, x: number, y: number): number {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  if (left < 0 || top < 0 || left + 1 >= width || top + 1 >= height) return 255;
  const [right, below] = [x - left, y - top];
  const at = top * width + left;
  const upper = pixels[at]! * (1 - right) + pixels[at + 1]! * right;
  const lower = pixels[at + width]! * (1 - right) + pixels[at + width + 1]! * right;
  return upper * (1 - below) + lower * below;
}

function asPgm({ width, height, pixels }: Grey): Buffer {
  return Buffer.concat([Buffer.from(`P5 ${width} ${height} 255\n`), pixels]);
}

function asPdf(picture: Grey): Buffer {
  const paper = { width: (picture.width * 72) / dpi, height: (picture.height * 72) / dpi };
  return pdfOf([asPgm(picture)], paper);
}

async function readBack(bytes: Buffer, mediaType: string, ocr: Recogniser): Promise<string> {
  const fileName = mediaType === 'image/png' ? 'scan.png' : 'scan.pdf';
  const open = async () =>
    (async function* () {
      yield bytes;
    })();
  const prepared = await prepareDocument({ open, mediaType, fileName }, { ocr, timeoutMs: 300_000 });
  return prepared.text;
}
