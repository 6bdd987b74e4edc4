const prefix = 'alcove-starters-';
/** What the server takes of one template, and of one question. */
const most = { questions: 20, characters: 1_000 };

/** Questions of the template that a conversation was begun from, in this browser until its person signs out. */
export const starterQuestions = {
  read(conversationId: string | null): string[] {
    if (conversationId === null) return [];
    return linesOf(localStorage.getItem(prefix + conversationId) ?? '');
  },
  write(conversationId: string, questions: readonly string[]): void {
    if (questions.length > 0) localStorage.setItem(prefix + conversationId, questions.join('\n'));
  },
  forgetAll(): void {
    for (const key of Object.keys(localStorage)) if (key.startsWith(prefix)) localStorage.removeItem(key);
  },
};

/** One question on each line, as people write lists. */
export function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim().slice(0, most.characters))
    .filter(Boolean)
    .slice(0, most.questions);
}
