import { citedList, type CitedList } from './citations.ts';
import { listOf, recordOf, recordsOf, textOf } from './fields.ts';

const [opening, closing] = ['\uE200', '\uE201'];

/**
 * The text of an answer with numbers in place of ChatGPT's marks, and what they stand for: `citations` of older exports,
 * `content_references` of newer ones.
 */
export function chatgptCited(
  content: string,
  metadata: Record<string, unknown>,
): { text: string; cited: CitedList } {
  const cited = citedList();
  for (const citation of recordsOf(metadata['citations'])) {
    const about = recordOf(citation['metadata']) ?? {};
    cited.add(about['title'], about['url'], citation['start_ix'], citation['end_ix']);
  }
  const find = placesOfMarks(content);
  let text = '';
  let at = 0;
  for (const reference of recordsOf(metadata['content_references'])) {
    const mark = textOf(reference['matched_text']) ?? '';
    const found = find(mark, at);
    if (found !== null) text += content.slice(at, found);
    const numbers = namedBy(reference).flatMap(([title, url]) => cited.add(title, url, text.length) ?? []);
    if (found === null) continue;
    text += numbers.length > 0 ? numbers.map((n) => `[${n}]`).join('') : (textOf(reference['alt']) ?? '');
    at = found + mark.length;
  }
  return { text: withoutMarks(text + content.slice(at)), cited };
}

const marks = /\uE200[^\uE200\uE201]*\uE201/g;

/**
 * Where a mark stands in the text from a place on, which never goes back. The text is read once for all of them: a file
 * may name a million marks that do not stand in it.
 */
function placesOfMarks(content: string): (mark: string, from: number) => number | null {
  const places = new Map<string, { starts: number[]; next: number }>();
  for (const { 0: mark, index } of content.matchAll(marks)) {
    const known = places.get(mark);
    if (known === undefined) places.set(mark, { starts: [index], next: 0 });
    else known.starts.push(index);
  }
  return (mark, from) => {
    const own = places.get(mark);
    if (own === undefined) return null;
    while ((own.starts[own.next] ?? from) < from) own.next += 1;
    return own.starts[own.next] ?? null;
  };
}

/** Titles and addresses that a reference names, in whatever list it keeps them. */
function namedBy(reference: Record<string, unknown>): [unknown, unknown][] {
  const lists = ['items', 'sources', 'fallback_items'].flatMap((name) => recordsOf(reference[name]));
  const pages = lists.flatMap((page) => [page, ...recordsOf(page['supporting_websites'])]);
  if (pages.length === 0 && textOf(reference['url']) !== null) pages.push(reference);
  const item = recordOf(reference['item']);
  if (pages.length === 0 && item !== null) pages.push(item);
  if (pages.length > 0) return pages.map((page) => [page['title'] || page['attribution'], page['url']]);
  return listOf(reference['safe_urls']).map((url) => [null, url]);
}

/** One pass, whatever the text is. */
function withoutMarks(content: string): string {
  let text = '';
  let at = 0;
  for (;;) {
    const start = content.indexOf(opening, at);
    const end = start === -1 ? -1 : content.indexOf(closing, start);
    if (end === -1) return text + content.slice(at);
    text += content.slice(at, start);
    at = end + closing.length;
  }
}
