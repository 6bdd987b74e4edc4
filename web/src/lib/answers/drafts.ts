const prefix = 'alcove-draft-';
/** Whose they are. */
const ownerKey = `${prefix}owner`;

/** What was written and not sent, for each conversation, in this browser until its person signs out. */
export const drafts = {
  read: (conversationId: string | null): string => localStorage.getItem(keyOf(conversationId)) ?? '',
  write(conversationId: string | null, text: string): void {
    if (text.trim() === '') localStorage.removeItem(keyOf(conversationId));
    // After its person has signed out nobody is there to keep it for.
    else if (localStorage.getItem(ownerKey) !== null) localStorage.setItem(keyOf(conversationId), text);
  },
  /** A question that was not asked after all stands before what was written since. */
  giveBack(conversationId: string | null, question: string): void {
    this.write(conversationId, beforeWritten(question, this.read(conversationId)));
  },
  /** A session that has ended leaves them; nobody else finds them. */
  keepFor(personId: string): void {
    const owner = localStorage.getItem(ownerKey);
    if (owner !== null && owner !== personId) this.forgetAll();
    localStorage.setItem(ownerKey, personId);
  },
  forgetAll(): void {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(prefix));
    for (const key of keys) localStorage.removeItem(key);
  },
};

export function beforeWritten(question: string, written: string): string {
  return written.trim() === '' ? question : `${question}\n\n${written}`;
}

function keyOf(conversationId: string | null): string {
  return `${prefix}${conversationId ?? 'new'}`;
}
