import { setTimeout as pause } from 'node:timers/promises';
import type { Provider } from '../../test/support/provider.ts';

const quietMs = 8_000;
const atMostMs = 120_000;

/** Until nothing has been asked of the provider for some seconds: background work is through with it. */
export async function whenQuiet(provider: Provider): Promise<void> {
  const deadline = performance.now() + atMostMs;
  for (let seen = -1; seen !== provider.requests.length && performance.now() < deadline;) {
    seen = provider.requests.length;
    await pause(quietMs);
  }
}
