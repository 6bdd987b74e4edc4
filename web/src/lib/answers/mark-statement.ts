import type { Citation } from '@alcove/client';
import { flatten, placeOf } from '../viewer/locate.ts';

/** Tints the statement of an open citation in the answer and says at its pill that it is open; null takes both away. */
export function markStatement(
  body: HTMLElement,
  content: string,
  citation: Citation | null,
  at: number,
): void {
  for (const pill of body.querySelectorAll<HTMLElement>('.pill')) {
    if (at >= 0 && Number(pill.dataset.at) === at) pill.setAttribute('aria-current', 'true');
    else pill.removeAttribute('aria-current');
  }
  const { highlights } = CSS as { highlights?: HighlightRegistry };
  if (!highlights) return;
  const range = citation && rangeOf(body, content.slice(citation.start, citation.end));
  if (range) highlights.set('statement', new Highlight(range));
  else if (at < 0) highlights.delete('statement');
}

/** Where a piece of the Markdown stands in what is shown, by its letters and digits alone. */
function rangeOf(body: HTMLElement, statement: string): Range | null {
  const nodes: { node: Text; start: number }[] = [];
  let text = '';
  const walker = document.createTreeWalker(body, NodeFilter.SHOW_TEXT, (node) =>
    node.parentElement?.closest('.pill, .note-mark') ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT,
  );
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    nodes.push({ node: node as Text, start: text.length });
    text += (node as Text).data;
  }
  const place = placeOf(flatten(text), flatten(statement.replaceAll(/\[(?:\d[\d,\s]*|\^[^\s\]]+)\]/g, '')));
  if (!place) return null;
  const range = document.createRange();
  const first = nodes.findLast(({ start }) => start <= place.start);
  const last = nodes.findLast(({ start }) => start < place.end);
  if (!first || !last) return null;
  range.setStart(first.node, place.start - first.start);
  range.setEnd(last.node, place.end - last.start);
  return range;
}
