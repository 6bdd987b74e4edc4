import { AppError } from '../errors.ts';
import type { Recogniser } from '../formats/ocr/recogniser.ts';

/** Some ten minutes of a core; the rest of a longer scan is told as not read. */
const maxPages = 500;

/**
 * Reads the pages of a scan, or of a picture, one after the other. A page that cannot be read counts as one without text.
 * @throws `signal.reason`
 */
export async function recognisePages(
  bytes: Uint8Array,
  mediaType: string,
  pages: readonly number[],
  ocr: Recogniser,
  onPage: (done: number, total: number) => void,
  signal: AbortSignal,
): Promise<Map<number, string>> {
  if (mediaType !== 'application/pdf') {
    const texts = await ocr.readPicture(bytes, signal);
    return new Map(texts.map((text, at) => [at + 1, text]));
  }
  const read = new Map<number, string>();
  const wanted = pages.slice(0, maxPages);
  for (const page of wanted) {
    onPage(read.size, wanted.length);
    read.set(page, await ocr.readPdfPage(bytes, page, signal).catch(orNothing));
  }
  return read;
}

function orNothing(error: unknown): string {
  if (error instanceof AppError) return '';
  throw error;
}
