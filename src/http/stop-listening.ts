import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

/** A turn of the event loop this short has read nothing. */
const quietMs = 0.1;
const maxTurns = 2_000;
/** Whoever has just been let in has sent the request by then. */
const lateMs = 500;
/** A connection whose response has said that it would be kept is kept so long after it. */
const keptMs = 1_000;

/** The connections that are open, kept from now on. */
export function connectionsOf(server: Server): ReadonlySet<Socket> {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  return open;
}

/**
 * Lets nobody in any more; resolves when those who were let in have sent what they came for. Connections that wait to
 * be accepted would be reset, and a proxy may not send a POST again: so it happens when none has just come. Those that
 * browsers and clients hold ready, and have sent nothing by, would be waited for.
 */
export async function stopListening(server: Server, connections: ReadonlySet<Socket>): Promise<void> {
  if (!server.listening) return;
  for (let turn = 0; turn < maxTurns; turn += 1) {
    const started = performance.now();
    await nextTurn();
    if (performance.now() - started < quietMs) break;
  }
  server.keepAliveTimeout = keptMs;
  server.keepAliveTimeoutBuffer = 0;
  server.close();
  if (connections.size > 0) await sleep(lateMs, undefined, { ref: false });
  for (const connection of connections) if (connection.bytesRead === 0) connection.destroy();
}
