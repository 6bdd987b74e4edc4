import type { Conversation } from '@alcove/client';
import { t } from '../text/text.ts';
import { activityOf } from './conversation-list.svelte.ts';

const dayMs = 86_400_000;

/** A row of the list: a heading, or a conversation. */
export type ListRow = { key: string; heading: string } | { key: string; conversation: Conversation };

/** The list with headings: pinned ones, then by when something was last said. */
export function rowsByDay(conversations: readonly Conversation[], now: Date): ListRow[] {
  const rows: ListRow[] = [];
  let last = '';
  for (const conversation of conversations) {
    const heading = headingOf(conversation, now);
    if (heading !== last) rows.push({ key: `heading ${heading}`, heading });
    last = heading;
    rows.push({ key: conversation.id, conversation });
  }
  return rows;
}

function headingOf(conversation: Conversation, now: Date): string {
  if (conversation.pinned) return t.conversations.pinned;
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const at = new Date(activityOf(conversation)).getTime();
  if (at >= midnight) return t.conversations.today;
  if (at >= midnight - dayMs) return t.conversations.yesterday;
  if (at >= midnight - 7 * dayMs) return t.conversations.week;
  return at >= midnight - 30 * dayMs ? t.conversations.month : t.conversations.older;
}
