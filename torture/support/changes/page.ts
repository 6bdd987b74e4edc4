import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A text on the web of this machine: a server fetches it with `FETCH_PRIVATE_NETWORKS` of `fetchesHere`. */
export interface Page {
  url: string;
  close(): Promise<void>;
}

export const fetchesHere = { FETCH_PRIVATE_NETWORKS: '127.0.0.1/32' };

export async function startPage(): Promise<Page> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/plain; charset=utf-8');
    response.end('The lighthouse stands on the cliff of Marsk.');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/lighthouse.txt`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
