import type { MessageView } from './message-view.ts';

/** What the server notes of an answer that its model ended at the longest that it may write; it has no code for it. */
const noteOfLength = 'ends early: ask it to go on';

/** Whether an answer ends because it was long enough, and not because it was finished. */
export function isCutOff({ status, notices }: Pick<MessageView, 'status' | 'notices'>): boolean {
  return status === 'complete' && notices.some((notice) => notice.includes(noteOfLength));
}
