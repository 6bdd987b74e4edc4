const prefix = 'alcove-draft-';

/** What was written and not sent, for each conversation, in this browser until its person signs out. */
export const drafts = {
  read: (conversationId: string | null): string => localStorage.getItem(keyOf(conversationId)) ?? '',
  write(conversationId: string | null, text: string): void {
    if (text.trim() === '') localStorage.removeItem(keyOf(conversationId));
    else localStorage.setItem(keyOf(conversationId), text);
  },
  forgetAll(): void {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(prefix));
    for (const key of keys) localStorage.removeItem(key);
  },
};

function keyOf(conversationId: string | null): string {
  return `${prefix}${conversationId ?? 'new'}`;
}
