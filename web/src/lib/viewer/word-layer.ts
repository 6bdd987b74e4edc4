import type { PageWords } from '@alcove/client';
import type { Place } from './locate.ts';
import type { PageText } from './page-text.ts';
import type { Size } from './pages.ts';

export type RecognisedWords = NonNullable<PageWords['recognised']>;

/** Where a page is shown in another shape than it was recognised in, nothing can be placed on it. */
const mostDifference = 0.03;
const measuredPx = 100;
const font = 'sans-serif';
const ruler = document.createElement('canvas').getContext('2d');

/** Whether the words were recognised in a picture of this shape. */
export function isOfShape({ width, height }: RecognisedWords, page: Size): boolean {
  const ratio = (width * page.height) / (height * page.width);
  return Math.abs(ratio - 1) <= mostDifference;
}

/** The pieces of the page's text: its lines. */
export function linesOf({ lines }: RecognisedWords): string[] {
  return lines.map((words) => words.map(({ text }) => text).join(' '));
}

/** Transparent words that can be selected, each as wide as it stands in the picture; `size` is the page's at scale 1. */
export function layWords({ width, height, lines }: RecognisedWords, size: Size): HTMLElement {
  const layer = document.createElement('div');
  layer.className = 'textLayer';
  layer.dir = 'auto';
  layer.style.fontFamily = font;
  for (const words of lines) {
    const top = Math.min(...words.map((word) => word.top));
    const tall = Math.max(...words.map((word) => word.top + word.height)) - top;
    const fontPx = (tall * size.height) / height;
    for (const [at, { text, left, width: wide }] of words.entries()) {
      const span = document.createElement('span');
      span.textContent = at < words.length - 1 ? `${text} ` : text;
      span.style.left = `${(100 * left) / width}%`;
      span.style.top = `${(100 * top) / height}%`;
      span.style.setProperty('--font-height', `${fontPx.toFixed(2)}px`);
      span.style.setProperty('--scale-x', String((wide * size.width) / width / widthOf(text, fontPx)));
      layer.append(span);
    }
    const end = document.createElement('br');
    end.setAttribute('role', 'presentation');
    layer.append(end);
  }
  return layer;
}

/** Of a place in `text`, which was made of `linesOf`: one rectangle in each line, in pixels of the page's element. */
export function rectanglesOfWords(
  { width, height, lines }: RecognisedWords,
  { starts }: PageText,
  place: Place,
  page: Size,
): DOMRect[] {
  const [scaleX, scaleY] = [page.width / width, page.height / height];
  return lines.flatMap((words, line) => {
    let start = starts[line] ?? 0;
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const word of words) {
      const from = Math.max(0, place.start - start);
      const to = Math.min(word.text.length, place.end - start);
      start += word.text.length + 1;
      if (from >= to) continue;
      // A word that is marked in part: its letters count as equally wide.
      left = Math.min(left, word.left + (word.width * from) / word.text.length);
      right = Math.max(right, word.left + (word.width * to) / word.text.length);
      top = Math.min(top, word.top);
      bottom = Math.max(bottom, word.top + word.height);
    }
    if (left > right) return [];
    return [new DOMRect(left * scaleX, top * scaleY, (right - left) * scaleX, (bottom - top) * scaleY)];
  });
}

function widthOf(text: string, fontPx: number): number {
  if (ruler === null) return fontPx * text.length;
  ruler.font = `${measuredPx}px ${font}`;
  return Math.max(1, (ruler.measureText(text).width * fontPx) / measuredPx);
}
