import { pageText, rectanglesOf } from './page-text.ts';
import type { Link, Pages } from './pages.ts';
import { type Pdf, type PdfPage, TextLayer } from './pdf.ts';
import type { FindWords } from './recognised-words.ts';
import { isOfShape, layWords, linesOf, rectanglesOfWords } from './word-layer.ts';

const densest = 2;

/** A PDF; pages without text of their own have that which was recognised on them. */
export function pdfPages(pdf: Pdf, findWords: FindWords): Pages {
  async function ownText(page: PdfPage): Promise<string[]> {
    const { items } = await page.getTextContent();
    return items.map((item) => ('str' in item ? item.str : ''));
  }

  async function pageOf(destination: unknown): Promise<number | null> {
    const explicit = typeof destination === 'string' ? await pdf.getDestination(destination) : destination;
    const reference: unknown = Array.isArray(explicit) ? explicit[0] : null;
    if (typeof reference !== 'object' || reference === null) return null;
    return (await pdf.getPageIndex(reference as Parameters<Pdf['getPageIndex']>[0])) + 1;
  }

  return {
    count: pdf.numPages,
    async sizeOf(number) {
      const { width, height } = (await pdf.getPage(number)).getViewport({ scale: 1 });
      return { width, height };
    },
    async draw(number, within, scale, signal) {
      const page = await pdf.getPage(number);
      if (signal.aborted) return null;
      const viewport = page.getViewport({ scale });
      const canvas = document.createElement('canvas');
      const density = Math.min(window.devicePixelRatio || 1, densest);
      canvas.width = Math.floor(viewport.width * density);
      canvas.height = Math.floor(viewport.height * density);
      canvas.className = 'block size-full';
      canvas.setAttribute('aria-hidden', 'true');
      const transform = density === 1 ? undefined : [density, 0, 0, density, 0, 0];
      const task = page.render({ canvas, viewport, transform });
      signal.addEventListener('abort', () => task.cancel());
      const container = document.createElement('div');
      container.className = 'textLayer';
      container.dir = 'ltr';
      const layer = new TextLayer({ textContentSource: page.streamTextContent(), container, viewport });
      try {
        await Promise.all([task.promise, layer.render()]);
      } catch (error) {
        // Cancelled because it is out of sight again.
        if (signal.aborted) return null;
        throw error;
      }
      const text = pageText(layer.textContentItemsStr);
      const words = text.flat.text === '' ? await findWords(number) : null;
      if (signal.aborted) return null;
      if (words !== null && isOfShape(words, viewport)) {
        const placed = pageText(linesOf(words));
        const laid = layWords(words, page.getViewport({ scale: 1 }));
        return {
          elements: [canvas, laid],
          text: placed,
          rectanglesOf: (place) => rectanglesOfWords(words, placed, place, viewport),
        };
      }
      return {
        elements: [canvas, container],
        text,
        rectanglesOf: (place) => rectanglesOf(text, place, layer.textDivs, within),
      };
    },
    async linksOf(number, scale) {
      const page = await pdf.getPage(number);
      const viewport = page.getViewport({ scale });
      const found: Link[] = [];
      for (const annotation of await page.getAnnotations()) {
        if (annotation.subtype !== 'Link') continue;
        const target = annotation.dest ? await pageOf(annotation.dest) : null;
        const url =
          typeof annotation.url === 'string' && /^https?:/.test(annotation.url) ? annotation.url : null;
        if (target === null && url === null) continue;
        const [left = 0, bottom = 0, right = 0, top = 0] = annotation.rect as number[];
        const [x1 = 0, y1 = 0] = viewport.convertToViewportPoint(left, bottom);
        const [x2 = 0, y2 = 0] = viewport.convertToViewportPoint(right, top);
        const rectangle = new DOMRect(
          Math.min(x1, x2),
          Math.min(y1, y2),
          Math.abs(x2 - x1),
          Math.abs(y2 - y1),
        );
        found.push({ rectangle, page: target, url });
      }
      return found;
    },
    async textOf(number) {
      const own = await ownText(await pdf.getPage(number));
      if (pageText(own).flat.text !== '') return own;
      const words = await findWords(number);
      return words === null ? [] : linesOf(words);
    },
    async thumbnailOf(number, width) {
      const page = await pdf.getPage(number);
      const natural = page.getViewport({ scale: 1 });
      const viewport = page.getViewport({ scale: width / natural.width });
      const canvas = document.createElement('canvas');
      canvas.width = Math.floor(viewport.width);
      canvas.height = Math.floor(viewport.height);
      await page.render({ canvas, viewport }).promise;
      return canvas;
    },
  };
}
