/** Far beyond any page that was written; the parser's stack is searched and shifted with every element. */
const maxDepth = 1_000;

/** Their end tags may be left out, and the parser closes them by itself: they do not nest. */
const closesItself = new Set(
  'p li dt dd tr td th thead tbody tfoot colgroup option optgroup rb rt rtc rp'.split(' '),
);
const isVoid = new Set('area base br col embed hr img input link meta param source track wbr'.split(' '));
const longestName = 20;

/** The source without the tags that nest deeper than 1,000 elements; their content stays. Linear. */
export function limitNesting(source: string): string {
  const pieces: string[] = [];
  let depth = 0;
  let keptTo = 0;
  let end = -1;
  for (let at = source.indexOf('<'); at !== -1;) {
    // Looked for once for all of the brackets before it.
    if (end <= at) end = source.indexOf('>', at + 1);
    if (end === -1) break;
    const isEnd = source[at + 1] === '/';
    const name = nameAt(source, at + (isEnd ? 2 : 1));
    const nests = name !== '' && !closesItself.has(name) && !isVoid.has(name) && source[end - 1] !== '/';
    if (nests && !isEnd) depth += 1;
    if (nests && depth > maxDepth) {
      pieces.push(source.slice(keptTo, at));
      keptTo = end + 1;
    }
    if (nests && isEnd && depth > 0) depth -= 1;
    at = source.indexOf('<', name === '' ? at + 1 : end + 1);
  }
  return pieces.length === 0 ? source : pieces.join('') + source.slice(keptTo);
}

/** In lower case; empty for what is no tag, such as a comment. */
function nameAt(source: string, start: number): string {
  let end = start;
  while (end - start < longestName && isLetterOrDigit(source.charCodeAt(end))) end += 1;
  return source.slice(start, end).toLowerCase();
}

function isLetterOrDigit(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57);
}
