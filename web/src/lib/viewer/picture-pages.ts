import { pageText } from './page-text.ts';
import type { Pages, Size } from './pages.ts';
import type { FindWords } from './recognised-words.ts';
import { isOfShape, layWords, linesOf, rectanglesOfWords, type RecognisedWords } from './word-layer.ts';

/** At scale 1: that of a sheet of paper on a screen. */
const widest = 800;

/** A picture as a document of one page. @throws DOMException for one that this browser cannot show */
export async function picturePages(address: string, alt: string, findWords: FindWords): Promise<Pages> {
  const first = await load(address, alt);
  const width = Math.min(widest, Math.max(1, first.naturalWidth));
  const size: Size = { width, height: (width * first.naturalHeight) / Math.max(1, first.naturalWidth) };

  /** Where the picture is shown in another shape than it was recognised in, it has no words. */
  async function wordsOf(page: number): Promise<RecognisedWords> {
    const words = await findWords(page);
    return words !== null && isOfShape(words, size) ? words : { ...size, lines: [] };
  }

  return {
    count: 1,
    sizeOf: async () => size,
    async draw(number, _within, scale, signal) {
      const [image, words] = await Promise.all([load(address, alt), wordsOf(number)]);
      if (signal.aborted) return null;
      image.className = 'block size-full';
      const layer = layWords(words, size);
      const text = pageText(linesOf(words));
      const shown = { width: size.width * scale, height: size.height * scale };
      return {
        elements: [image, layer],
        text,
        rectanglesOf: (place) => rectanglesOfWords(words, text, place, shown),
      };
    },
    linksOf: async () => [],
    textOf: async (number) => linesOf(await wordsOf(number)),
    async thumbnailOf(_number, wide) {
      const image = await load(address, alt);
      image.width = wide;
      return image;
    },
  };
}

async function load(address: string, alt: string): Promise<HTMLImageElement> {
  const image = new Image();
  image.src = address;
  image.alt = alt;
  await image.decode();
  return image;
}
