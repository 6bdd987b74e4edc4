import type { Server } from 'node:http';
import { promisify } from 'node:util';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

/** A turn of the event loop this short has read nothing. */
const quietMs = 0.1;
const maxTurns = 2_000;
/** Whoever has just been let in has sent the request by then. */
const lateMs = 500;

/**
 * Lets nobody in any more; resolves when those who were let in have sent what they came for. Connections that wait to
 * be accepted would be reset, and a proxy may not send a POST again: so it happens when none has just come.
 */
export async function stopListening(server: Server): Promise<void> {
  if (!server.listening) return;
  for (let turn = 0; turn < maxTurns; turn += 1) {
    const started = performance.now();
    await nextTurn();
    if (performance.now() - started < quietMs) break;
  }
  server.close();
  const connections = await promisify(server.getConnections.bind(server))();
  if (connections > 0) await sleep(lateMs, undefined, { ref: false });
}
