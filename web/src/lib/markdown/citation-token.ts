/** `[1]` or `[1, 2]` and where it stands in the whole text. */
export interface CitationToken {
  type: 'citation';
  raw: string;
  numbers: number[];
  offset: number;
}

const marker = /^\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\](?![(:])/;

/** The marker that `text` begins with; its place is the next one in `masked`, which is the text without its code. */
export function citationAt(text: string, masked: string, from: number, offset: number): CitationToken | null {
  const match = marker.exec(text);
  if (!match) return null;
  const raw = match[0];
  const at = masked.indexOf(raw, from);
  if (at < 0) return null;
  return { type: 'citation', raw, numbers: (match[1] ?? '').split(',').map(Number), offset: offset + at };
}

/** The text with spaces in place of code, at the same length; each run of backticks is looked at once. */
export function maskCode(text: string): string {
  const runs = [...text.matchAll(/`+/g)].map((match) => ({ at: match.index, length: match[0].length }));
  const lastOf = new Map(runs.map(({ at, length }) => [length, at]));
  let masked = '';
  let end = 0;
  for (let index = 0; index < runs.length; index += 1) {
    const open = runs[index];
    if (!open || open.at < end || (lastOf.get(open.length) ?? 0) <= open.at) continue;
    let close = index + 1;
    while (runs[close] && runs[close]?.length !== open.length) close += 1;
    const closing = runs[close];
    if (!closing) continue;
    masked += text.slice(end, open.at);
    const until = closing.at + closing.length;
    masked += ' '.repeat(until - open.at);
    end = until;
    index = close;
  }
  return masked + text.slice(end);
}
