import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A wire between the product and PostgreSQL that can break at a chosen moment. */
export interface PostgresProxy {
  /** The database's URL through the wire. */
  url: string;
  /** Loses the acknowledgement of one commit to come, and its connection: of the next with 0, of the one after with 1. */
  loseCommit(n: number): void;
  /** Loses nothing any more. */
  hold(): void;
  /** Acknowledgements lost so far. */
  lost: number;
  close(): Promise<void>;
}

/** The tag of a command that is done, as it stands in the server's answer. */
const committed = Buffer.from('COMMIT\0');

export async function startProxy(databaseUrl: string): Promise<PostgresProxy> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let left: number | null = null;
  const proxy: PostgresProxy = {
    url: '',
    loseCommit: (n) => void (left = n),
    hold: () => void (left = null),
    lost: 0,
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
  const server = createServer((client) => {
    const database = connect(Number(target.port || 5432), target.hostname);
    for (const [socket, other] of [
      [client, database],
      [database, client],
    ] as const) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    client.on('data', (bytes) => database.write(bytes));
    database.on('data', (bytes) => {
      // An answer is small and comes in one piece; one that is cut in two passes unseen.
      if (bytes.includes(committed) && left !== null && left-- === 0) {
        left = null;
        proxy.lost += 1;
        client.destroy();
        return;
      }
      client.write(bytes);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const through = new URL(databaseUrl);
  through.hostname = '127.0.0.1';
  through.port = String((server.address() as AddressInfo).port);
  proxy.url = through.href;
  return proxy;
}
