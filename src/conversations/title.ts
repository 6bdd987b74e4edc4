export const defaultTitle = 'New conversation';
const maxCharacters = 80;

/** The first question as a title: its first line, cut between words. */
export function titleFrom(question: string): string {
  const line = question.trim().split('\n', 1)[0]?.replace(/\s+/g, ' ') ?? '';
  if (line.length <= maxCharacters) return line === '' ? defaultTitle : line;
  const cut = line.slice(0, maxCharacters).toWellFormed();
  const space = cut.lastIndexOf(' ');
  return `${space > maxCharacters / 2 ? cut.slice(0, space) : cut}…`;
}
