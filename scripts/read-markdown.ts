export interface MarkdownLink {
  target: string;
  line: number;
}

export interface MarkdownPage {
  links: MarkdownLink[];
  /** What `#…` may name in this page: the headings as GitHub writes them, and explicit ids. */
  anchors: Set<string>;
}

const INLINE_LINK = /!?\[(?:[^\]\\]|\\.)*\]\(\s*<?([^\s)>]+)>?(?:\s+["'(][^)]*)?\)/g;
const REFERENCE_LINK = /^ {0,3}\[[^\]]+\]:\s*<?([^\s>]+)>?/g;
const HTML_LINK = /\b(?:href|src)="([^"]+)"/g;
const EXPLICIT_ID = /\b(?:id|name)="([^"]+)"/g;

/** Links and anchors of a Markdown page; code blocks and code spans hold neither. */
export function readMarkdown(text: string): MarkdownPage {
  const page: MarkdownPage = { links: [], anchors: new Set() };
  const used = new Map<string, number>();
  let fence: string | undefined;

  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const mark = /^\s*(`{3,}|~{3,})/.exec(raw)?.[1];
    if (mark && (fence === undefined || mark.startsWith(fence))) {
      fence = fence === undefined ? mark : undefined;
      continue;
    }
    if (fence !== undefined) continue;

    const heading = /^ {0,3}#{1,6}\s+(.*?)\s*#*\s*$/.exec(raw)?.[1];
    if (heading !== undefined) page.anchors.add(uniqueSlug(heading, used));

    const line = raw.replace(/(`+)[^`].*?\1(?!`)/g, '');
    for (const id of line.matchAll(EXPLICIT_ID)) page.anchors.add(id[1]!);
    for (const pattern of [INLINE_LINK, REFERENCE_LINK, HTML_LINK]) {
      for (const link of line.matchAll(pattern)) page.links.push({ target: link[1]!, line: index + 1 });
    }
  }
  return page;
}

/** GitHub's anchor of a heading: lower case, punctuation dropped, spaces to hyphens, `-1` for a second one. */
function uniqueSlug(heading: string, used: Map<string, number>): string {
  const slug = heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-');
  const count = used.get(slug) ?? 0;
  used.set(slug, count + 1);
  return count === 0 ? slug : `${slug}-${count}`;
}
