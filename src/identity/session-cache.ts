import type { SessionState } from './session-store.ts';

/** A suspended user, a changed password or a sign-out counts within this time on every replica. */
const staleMs = 3_000;
const maxEntries = 20_000;

/** Session states keyed by user and session, so that a request costs no query most of the time. */
export interface SessionCache {
  /** `isNow`: as the database has it now; what is found counts for those who ask later. */
  read(
    userId: string,
    sessionId: string,
    load: () => Promise<SessionState | null>,
    isNow?: boolean,
  ): Promise<SessionState | null>;
  /** Forgets what is known of a user at once, on this replica. */
  forget(userId: string): void;
}

export function createSessionCache(now: () => Date): SessionCache {
  const byUser = new Map<string, Map<string, { at: number; state: Promise<SessionState | null> }>>();
  return {
    async read(userId, sessionId, load, isNow = false) {
      const at = now().getTime();
      const known = byUser.get(userId)?.get(sessionId);
      const isKnown = known !== undefined && at - known.at < staleMs && at >= known.at;
      if (isKnown && !isNow) return known.state;
      const state = load();
      const mine =
        byUser.get(userId) ?? new Map<string, { at: number; state: Promise<SessionState | null> }>();
      mine.set(sessionId, { at, state });
      byUser.set(userId, mine);
      state.catch(() => mine.delete(sessionId));
      const oldest = byUser.size > maxEntries ? byUser.keys().next().value : undefined;
      if (oldest !== undefined) byUser.delete(oldest);
      return state;
    },
    forget: (userId) => void byUser.delete(userId),
  };
}
