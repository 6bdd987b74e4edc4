import type { Message } from '@alcove/client';
import { messageView, type MessageView } from './message-view.ts';

/**
 * The messages to show when a page of history has come: earlier pages that are loaded stay before it.
 * @returns whether any do, too
 */
export function mergeHistory(
  shown: readonly MessageView[],
  read: readonly Message[],
): { messages: MessageView[]; keepsEarlier: boolean } {
  // What is known keeps its object, so that the page does not draw it again.
  const known = new Map(shown.map((message) => [message.id, message]));
  const fresh = read.map((message) => {
    const old = known.get(message.id);
    return old && old.status === message.status && old.content === message.content
      ? Object.assign(old, { siblings: message.sibling_ids, rating: message.feedback?.rating ?? null })
      : messageView(message);
  });
  const first = read[0]?.id;
  const at = first === undefined ? -1 : shown.findIndex(({ id }) => id === first);
  return { messages: at > 0 ? [...shown.slice(0, at), ...fresh] : fresh, keepsEarlier: at > 0 };
}
