import { once } from 'node:events';
import { request } from 'node:http';
import type { Person } from '../../support/app.ts';

/** An upload whose bytes the test sends as it likes. */
export interface RawUpload {
  write(bytes: Buffer): Promise<void>;
  response: Promise<{ status: number; body: string }>;
  /** Drops the connection. */
  abort(): void;
}

/** Begins a multipart upload of one file that is announced with `fileBytes` bytes. */
export async function openUpload(
  baseUrl: string,
  person: Person,
  conversationId: string,
  name: string,
  fileBytes: number,
): Promise<RawUpload> {
  const boundary = 'alcove-test-boundary';
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: text/plain\r\n\r\n`;
  const outgoing = request(`${baseUrl}/conversations/${conversationId}/documents`, {
    method: 'POST',
    agent: false,
    headers: {
      authorization: `Bearer ${person.token}`,
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': head.length + fileBytes + boundary.length + 8,
    },
  });
  const response = new Promise<{ status: number; body: string }>((resolve, reject) => {
    outgoing.on('error', reject);
    outgoing.on(
      'response',
      (incoming) =>
        void (async () => {
          incoming.setEncoding('utf8');
          let body = '';
          for await (const text of incoming) body += text as string;
          resolve({ status: incoming.statusCode ?? 0, body });
        })(),
    );
  });
  // A test that aborts does not look at the response.
  response.catch(() => {});
  const write = (bytes: Buffer | string) =>
    new Promise<void>((resolve) => void outgoing.write(bytes, () => resolve()));
  await once(outgoing, 'socket');
  await write(head);
  return { write, response, abort: () => void outgoing.destroy() };
}
