import { once } from 'node:events';
import { createServer, type IncomingMessage, request as send, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startS3Server } from '../../../test/files/support/s3-server.ts';
import { countedFault, type Fault } from './fault.ts';

/** Refused before anything is done; done, and the connection lost with the answer. */
export const bucketFaultNames = ['bucket 503', 'bucket reset'] as const;

/** So often is a call sent before it is given up: it fails as a whole. What breaks off while it is read is read once. */
const attempts = 3;

export interface FailingBucket {
  /** The settings that use it. */
  env: Record<string, string>;
  faults: Fault[];
  close(): Promise<void>;
}

/** A server of the S3 protocol behind one that fails some of its requests. */
export async function startFailingBucket(): Promise<FailingBucket> {
  const s3 = await startS3Server();
  const settings = s3.env('failing');
  const url = new URL(settings['BLOBS_URL'] ?? '');
  const target = new URL(url.searchParams.get('endpoint') ?? '');
  const [refusing, resetting] = [
    callFault('bucket 503', () => attempts),
    callFault('bucket reset', (call) => (call.startsWith('GET') ? 1 : attempts)),
  ];
  const server = createServer((incoming, response) => {
    pass(incoming, response).catch(() => response.destroy());
  });

  async function pass(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = `${incoming.method} ${incoming.url}`;
    const [isRefused, isReset] = [refusing.isDueFor(call), resetting.isDueFor(call)];
    if (isRefused) {
      incoming.resume();
      await once(incoming, 'end');
      response.writeHead(503, { 'content-type': 'application/xml' });
      response.end('<Error><Code>SlowDown</Code><Message>failed on purpose</Message></Error>');
      return;
    }
    const { status, headers, body } = await forward(incoming, target);
    if (!isReset) {
      response.writeHead(status, headers).end(body);
      return;
    }
    // What is read breaks off in its middle; of a change nobody hears how it went.
    if (incoming.method === 'GET' && body.length > 1) {
      response.writeHead(status, { ...headers, 'content-length': body.length });
      await new Promise<void>((sent) => response.write(body.subarray(0, body.length / 2), () => sent()));
    }
    incoming.socket.destroy();
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url.searchParams.set('endpoint', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return {
    env: { ...settings, BLOBS_URL: url.href },
    faults: [refusing, resetting],
    async close() {
      server.close();
      server.closeAllConnections();
      await s3.close();
    },
  };
}

interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

async function forward(incoming: IncomingMessage, { hostname, port }: URL): Promise<Answer> {
  // As it came: its signature is over the name of the host as well.
  const { method, url: path, headers } = incoming;
  const outgoing = send({ hostname, port, method, path, headers });
  incoming.pipe(outgoing);
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  const parts: Buffer[] = [];
  for await (const part of answer as AsyncIterable<Buffer>) parts.push(part);
  return { status: answer.statusCode ?? 500, headers: answer.headers, body: Buffer.concat(parts) };
}

/** Fails the n-th request, and the same one when it is sent again, until its sender gives up. */
function callFault(
  name: string,
  attemptsOf: (call: string) => number,
): Fault & { isDueFor(call: string): boolean } {
  const fault = countedFault(name);
  let failing = { call: '', left: 0 };
  return {
    ...fault,
    heal() {
      fault.heal();
      failing = { call: '', left: 0 };
    },
    isDueFor(call) {
      if (failing.call === call && failing.left > 0) {
        failing.left -= 1;
        return true;
      }
      if (!fault.isDue(call.split(' ')[0] ?? '')) return false;
      failing = { call, left: attemptsOf(call) - 1 };
      return true;
    },
  };
}
