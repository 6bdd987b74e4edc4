import { accountDeeds } from './accounts.ts';
import { conversationDeeds } from './conversations.ts';
import type { DeedKind } from './deed.ts';
import { documentDeeds } from './documents.ts';
import { sharingDeeds } from './sharing.ts';

/** Twenty things that people do, each on rows of its own. */
export const deedKinds: readonly DeedKind[] = [
  ...accountDeeds,
  ...conversationDeeds,
  ...documentDeeds,
  ...sharingDeeds,
];
