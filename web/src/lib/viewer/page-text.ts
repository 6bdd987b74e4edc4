import { flatten, type Flat, type Place } from './locate.ts';

/** The text of a page as its text layer has it: each item's letters, and the element that shows them. */
export interface PageText {
  flat: Flat;
  starts: number[];
}

/** Items that end a line are words of their own; letters alone are compared, so nothing else matters. */
export function pageText(items: readonly string[]): PageText {
  const starts: number[] = [];
  let text = '';
  for (const item of items) {
    starts.push(text.length);
    text += `${item}\n`;
  }
  return { flat: flatten(text), starts };
}

/** Rectangles of a place on its page, one for each piece of a line, in pixels of the page's element. */
export function rectanglesOf(
  { starts }: PageText,
  place: Place,
  elements: readonly HTMLElement[],
  page: HTMLElement,
): DOMRect[] {
  const origin = page.getBoundingClientRect();
  const rectangles: DOMRect[] = [];
  for (const [index, element] of elements.entries()) {
    const start = starts[index] ?? 0;
    const node = element.firstChild;
    if (!(node instanceof Text) || start >= place.end || start + node.length <= place.start) continue;
    const range = document.createRange();
    range.setStart(node, Math.max(0, place.start - start));
    range.setEnd(node, Math.min(node.length, place.end - start));
    for (const { x, y, width, height } of range.getClientRects()) {
      rectangles.push(new DOMRect(x - origin.x, y - origin.y, width, height));
    }
  }
  return rectangles;
}
