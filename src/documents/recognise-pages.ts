import { AppError } from '../errors.ts';
import type { RecognisedPage } from '../formats/ocr/page-words.ts';
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
): Promise<Map<number, RecognisedPage>> {
  if (mediaType !== 'application/pdf') {
    const read = await ocr.readPicture(bytes, signal);
    return new Map(read.map((page, at) => [at + 1, page]));
  }
  const read = new Map<number, RecognisedPage>();
  const wanted = pages.slice(0, maxPages);
  for (const page of wanted) {
    onPage(read.size, wanted.length);
    read.set(page, await ocr.readPdfPage(bytes, page, signal).catch(orNothing));
  }
  return read;
}

function orNothing(error: unknown): RecognisedPage {
  if (error instanceof AppError) return { text: '', words: null };
  throw error;
}
