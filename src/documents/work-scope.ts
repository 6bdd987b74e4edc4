import { ConversationScope } from '../conversations/scope.ts';
import { UserScope } from '../identity/user-scope.ts';
import type { Lease } from '../work/lease.ts';

/** The authority to do a piece of work: the database has said that it is due. */
export function scopeOf(lease: Lease): ConversationScope {
  return ConversationScope.ofOwnRow(UserScope.grant(lease.userId), lease);
}
