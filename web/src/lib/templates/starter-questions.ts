/** What the server takes of one template, and of one question. */
const most = { questions: 20, characters: 1_000 };

/** One question on each line, as people write lists. */
export function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim().slice(0, most.characters))
    .filter(Boolean)
    .slice(0, most.questions);
}
