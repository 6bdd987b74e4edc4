import { createClient, type Client } from '@alcove/client';
import { readClientConfig } from '../config.ts';

/** A client for the server that ALCOVE_URL and ALCOVE_TOKEN name. */
export function connect(): Client {
  const { url, token } = readClientConfig();
  if (token === undefined) {
    throw new Error(
      'Set ALCOVE_TOKEN to an API key (make one in the web app, or with POST /auth/keys), and ALCOVE_URL if the server is not at http://localhost:8000.',
    );
  }
  return createClient({ baseUrl: url, token: () => token });
}
