import { isAlcoveError } from '@alcove/client';

/** Runs `work` again and again until a request of it finds nobody. */
export async function untilGone(work: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      await work();
    } catch (error) {
      if (isLostConnection(error)) return;
      throw error;
    }
  }
}

export const lost = 'the connection was lost';

/** What fetch and the client say when the other side is gone. */
export function isLostConnection(error: unknown): boolean {
  if (isAlcoveError(error, 'network')) return true;
  return error instanceof Error && ['fetch failed', 'terminated', lost].includes(error.message);
}
