import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Person } from '../../support/app.ts';

/** A form of unknown length whose parts the test sends as it likes. */
export interface HeldForm {
  field(name: string, value: string): Promise<void>;
  /** The beginning of a file, or more of the one that was begun last. */
  file(name: string, content: string): Promise<void>;
  more(content: string): Promise<void>;
  end(): void;
  /** Drops the connection. */
  abort(): void;
  response: Promise<{ status: number; body: string }>;
}

const boundary = 'alcove-held-form';

/** Begins a multipart request without Content-Length. */
export async function openForm(person: Person, path: string): Promise<HeldForm> {
  const outgoing = request(`${person.baseUrl}${path}`, {
    method: 'POST',
    agent: false,
    headers: {
      authorization: `Bearer ${person.token}`,
      'content-type': `multipart/form-data; boundary=${boundary}`,
    },
  });
  const response = once(outgoing, 'response').then(async ([incoming]: unknown[]) => {
    const answer = incoming as IncomingMessage;
    answer.setEncoding('utf8');
    let body = '';
    for await (const text of answer) body += text as string;
    return { status: answer.statusCode ?? 0, body };
  });
  // A test that aborts does not look at the response; a write that meets the end of the connection fails.
  response.catch(() => {});
  outgoing.on('error', () => {});
  // Who was refused and is cut off is not told what becomes of the rest.
  const closed = new Promise<void>((resolve) => void outgoing.once('close', resolve));
  const more = (content: string) =>
    Promise.race([closed, new Promise<void>((resolve) => void outgoing.write(content, () => resolve()))]);
  const part = (about: string, content: string) =>
    more(`\r\n--${boundary}\r\nContent-Disposition: form-data; ${about}\r\n\r\n${content}`);
  await more('');
  return {
    field: (name, value) => part(`name="${name}"`, value),
    file: (name, content) => part(`name="file"; filename="${name}"`, content),
    more,
    end: () => void outgoing.end(`\r\n--${boundary}--\r\n`),
    abort: () => void outgoing.destroy(),
    response,
  };
}
