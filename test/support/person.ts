import { type Client, createClient } from '@alcove/client';

export interface Person {
  /** The server that this is at. */
  baseUrl: string;
  email: string;
  password: string;
  token: string;
  id: string;
  client: Client;
  /** A raw request with this person's token. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  // The caller says what it expects.
  json<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: T }>;
}

let people = 0;

const setupCodes = new Map<string, () => string | null>();

/** What the first account of a server that says that others reach it needs: each server that a test starts is told of. */
export function rememberSetupCode(baseUrl: string, code: () => string | null): void {
  setupCodes.set(baseUrl, code);
}

export function setupCodeOf(baseUrl: string): string | undefined {
  return setupCodes.get(baseUrl)?.() ?? undefined;
}

/** A new account of its own; with the address of its client where the server trusts a proxy. */
export async function newPerson(baseUrl: string, address?: string): Promise<Person> {
  people += 1;
  const email = `person-${process.pid}-${people}-${Math.random().toString(36).slice(2)}@example.org`;
  const password = 'correct horse battery staple';
  const response = await fetch(`${baseUrl}/auth/register`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(address === undefined ? {} : { 'x-forwarded-for': address }),
    },
    body: JSON.stringify({ email, password, setup_code: setupCodeOf(baseUrl) }),
  });
  if (response.status !== 201) throw new Error(`registration failed: ${await response.text()}`);
  const session = (await response.json()) as { access_token: string; user: { id: string } };
  return personOf(baseUrl, session.access_token, { email, password, id: session.user.id });
}

export function personOf(
  baseUrl: string,
  token: string,
  who: { email: string; password: string; id: string },
): Person {
  const raw = (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    if (!headers.has('authorization')) headers.set('authorization', `Bearer ${token}`);
    return fetch(`${baseUrl}${path}`, { ...init, headers });
  };
  return {
    ...who,
    baseUrl,
    token,
    client: createClient({ baseUrl, token: () => token }),
    fetch: raw,
    async json<T>(method: string, path: string, body?: unknown) {
      const response = await raw(path, {
        method,
        ...(body === undefined
          ? {}
          : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as T };
    },
  };
}
