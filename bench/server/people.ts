import { Agent, type IncomingMessage, request } from 'node:http';

export interface Person {
  id: string;
  email: string;
  token: string;
}

export interface HttpCaller {
  /** @throws for a status of 400 and above, with the body */
  json<T>(method: string, path: string, token: string | null, body?: unknown): Promise<T>;
  /** The response once its headers are there; its body is for the caller. */
  open(
    method: string,
    path: string,
    token: string | null,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<IncomingMessage>;
  close(): void;
}

/** HTTP with kept connections and nothing else: what is measured is the server, not the client. */
export function createCaller(baseUrl: string, maxSockets = 2000): HttpCaller {
  const agent = new Agent({ keepAlive: true, maxSockets });
  const { hostname: host, port } = new URL(baseUrl);

  const open: HttpCaller['open'] = (method, path, token, body, extra) =>
    new Promise((resolve, reject) => {
      const headers: Record<string, string | number> = { ...extra };
      if (token !== null) headers['authorization'] = `Bearer ${token}`;
      const payload =
        body === undefined
          ? undefined
          : body instanceof Uint8Array
            ? body
            : Buffer.from(JSON.stringify(body));
      if (payload !== undefined) {
        headers['content-type'] ??= 'application/json';
        headers['content-length'] = payload.length;
      }
      const outgoing = request({ host, port, method, path, headers, agent }, resolve);
      outgoing.once('error', reject);
      outgoing.end(payload);
    });

  return {
    open,
    async json<T>(method: string, path: string, token: string | null, body?: unknown) {
      const response = await open(method, path, token, body);
      const text = await readText(response);
      if ((response.statusCode ?? 0) >= 400)
        throw new Error(`${method} ${path}: ${response.statusCode} ${text}`);
      return (text === '' ? null : JSON.parse(text)) as T;
    },
    close: () => agent.destroy(),
  };
}

export async function readText(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

const password = 'a password for benchmarks only';
let registered = 0;

/** A new account. */
export async function register(caller: HttpCaller): Promise<Person> {
  registered += 1;
  const email = `bench-${registered}@example.org`;
  const session = await caller.json<Session>('POST', '/auth/register', null, { email, password });
  return { id: session.user.id, email, token: session.access_token };
}

/** A fresh token: the first one does not outlive a long load. */
export async function signIn(caller: HttpCaller, { email }: Person): Promise<Person> {
  const session = await caller.json<Session>('POST', '/auth/login', null, { email, password });
  return { id: session.user.id, email, token: session.access_token };
}

interface Session {
  access_token: string;
  user: { id: string };
}
