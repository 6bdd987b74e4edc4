export const defaultTitle = 'New conversation';
const maxCharacters = 80;

/** The first question as a title: its first line, cut between words. */
export function titleFrom(question: string): string {
  const line = question.trim().split('\n', 1)[0]?.replace(/\s+/g, ' ') ?? '';
  return line === '' ? defaultTitle : cutTitle(line);
}

/** At most 80 characters of a line, cut between words, and never inside what a reader takes for one character. */
export function cutTitle(line: string): string {
  if (line.length <= maxCharacters) return line;
  // A character may be many units long, and a hostile one longer than any title.
  const head = line.slice(0, 2 * maxCharacters);
  let end = 0;
  for (const { segment, index } of new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(head)) {
    if (index + segment.length > maxCharacters) break;
    end = index + segment.length;
  }
  const cut = end === 0 ? line.slice(0, maxCharacters).toWellFormed() : line.slice(0, end);
  const space = cut.lastIndexOf(' ');
  return `${space > maxCharacters / 2 ? cut.slice(0, space) : cut}…`;
}
