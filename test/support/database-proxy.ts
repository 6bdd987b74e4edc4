import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A way to PostgreSQL that can lose the answer of a commit: done there, and never known of here. */
export interface DatabaseProxy {
  /** The database's URL, by way of the proxy. */
  url: string;
  /**
   * The next `times` transactions with a statement whose name or text holds `text` are committed, and their connection
   * is gone before anybody learns of it. `seen` counts them.
   */
  loseCommitsOf(text: string, times?: number): { seen(): number };
  /** Ends every connection that there is now. */
  cut(): void;
  /** Swallows every answer from now on, without ending a connection; false: passes what comes from then on. */
  swallow(isSwallowing: boolean): void;
  /** Every answer from now on takes so much longer, in milliseconds. */
  slow(ms: number): void;
  close(): Promise<void>;
}

interface Loss {
  text: string;
  left: number;
  seen: number;
}

/** Listens on a free loopback port and passes everything on to the server of `url`. Knows no TLS. */
export async function startDatabaseProxy(url: string): Promise<DatabaseProxy> {
  const target = new URL(url);
  const losses: Loss[] = [];
  const sockets = new Set<Socket>();
  let isSwallowing = false;
  let slowMs = 0;
  const server = createServer((client) => {
    const upstream = connect(Number(target.port || 5432), target.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket.setNoDelay(true));
      // Cut on purpose, or by the other side: either way the pair goes.
      socket.on('error', () => {});
      socket.once('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    let lost: Loss | undefined;
    let unread = '';
    const frontend = readMessages((statements) => {
      lost = losses.find(({ text, left }) => left > 0 && statements.some((one) => one.includes(text)));
      if (lost !== undefined) lost.left -= 1;
    });
    client.on('data', (bytes) => {
      frontend(bytes);
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (isSwallowing) return;
      if (lost === undefined) {
        // As long for each, so that their order stays.
        if (slowMs > 0) setTimeout(() => client.write(bytes), slowMs);
        else client.write(bytes);
        return;
      }
      unread += bytes.toString('latin1');
      if (!/COMMIT\0|ROLLBACK\0/.test(unread)) return;
      lost.seen += 1;
      client.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the proxy has no port');
  const through = new URL(url);
  through.hostname = '127.0.0.1';
  through.port = String(address.port);
  const cut = (): void => sockets.forEach((socket) => socket.destroy());
  return {
    url: through.href,
    loseCommitsOf(text, times = 1) {
      const loss = { text, left: times, seen: 0 };
      losses.push(loss);
      return { seen: () => loss.seen };
    },
    cut,
    swallow(value) {
      isSwallowing = value;
    },
    slow(ms) {
      slowMs = ms;
    },
    async close() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}

const commit = 'COMMIT\0';

/** Reads what a client sends; calls back at each COMMIT with the statements of its transaction, by name and by text. */
function readMessages(onCommit: (statements: readonly string[]) => void): (bytes: Buffer) => void {
  let buffer: Buffer = Buffer.alloc(0);
  let isStarted = false;
  let statements: string[] = [];
  return (bytes) => {
    buffer = Buffer.concat([buffer, bytes]);
    for (;;) {
      // The first message has no type; its length counts itself.
      const head = isStarted ? 1 : 0;
      if (buffer.length < head + 4) return;
      const end = head + buffer.readInt32BE(head);
      if (buffer.length < end) return;
      const type = isStarted ? String.fromCharCode(buffer[0] ?? 0) : '';
      const body = buffer.subarray(head + 4, end).toString('latin1');
      buffer = buffer.subarray(end);
      isStarted = true;
      if (type === 'Q' && body.startsWith('BEGIN')) statements = [];
      if (type === 'Q' && body === commit) onCommit(statements);
      // Parse names a statement and gives its text; Bind names portal and statement.
      if (type === 'Q' || type === 'P') statements.push(body);
      if (type === 'B') statements.push(body.split('\0', 2)[1] ?? '');
    }
  };
}
