import { pino } from 'pino';
import { type RunningApp, startApp } from '../../src/app.ts';
import { type Config, readConfig } from '../../src/config.ts';
import { rememberSetupCode } from '../../test/support/person.ts';
import { migratedHome } from '../../test/support/migrated-home.ts';

export interface Reply {
  status: number;
  text: string;
  /** Of what is no text. */
  bytes: Buffer;
  headers: Record<string, unknown>;
}

/** The whole application in this process: called without a socket, or over HTTP at its address. */
export interface AppHere {
  app: RunningApp;
  config: Config;
  /** The settings that it was started with, for another one on the same data. */
  env: Record<string, string>;
  baseUrl: string;
  /** What it logged at level `error` or above. */
  faults: string[];
  /** A form is sent as multipart, any other body as JSON. */
  call(
    method: string,
    path: string,
    token: string | null,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Reply>;
  close(): Promise<void>;
}

/** On a database and a data folder of its own; with `like`, on those of another. `now`: its clock. */
export async function startAppHere(
  more: Record<string, string> = {},
  like?: Pick<AppHere, 'env'>,
  now?: () => Date,
): Promise<AppHere> {
  const home = like === undefined ? await migratedHome() : null;
  const env: Record<string, string> = {
    PORT: '0',
    OLLAMA: 'off',
    LOG_LEVEL: 'error',
    REGISTRATION: 'open',
    MESSAGES_PER_MINUTE: '100000000',
    STREAMS_PER_USER: '100000',
    MAX_DOCUMENTS_PER_USER: '1000000',
    MAX_BYTES_PER_USER_MB: '1000000',
    ...(home === null ? {} : { DATA_DIR: home.dataDir }),
    ...(home?.database ? { DATABASE_URL: home.database.url } : {}),
    ...like?.env,
    ...more,
  };
  const config = readConfig(env);
  const faults: string[] = [];
  const app = await startApp(
    config,
    pino({ level: 'error' }, { write: (line: string) => void faults.push(line) }),
    undefined,
    now,
  );
  await app.http.listen({ host: '127.0.0.1', port: 0 });
  const address = app.http.server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port');
  const baseUrl = `http://127.0.0.1:${address.port}`;
  rememberSetupCode(baseUrl, () => app.setupCode);
  return {
    app,
    config,
    env,
    faults,
    baseUrl,
    async call(method, path, token, body, headers = {}) {
      const { type, payload } = await payloadOf(body);
      const response = await app.http.inject({
        method: method as 'GET',
        url: path,
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(type === null ? {} : { 'content-type': type }),
          ...headers,
        },
        ...(payload === null ? {} : { payload }),
      });
      return {
        status: response.statusCode,
        text: response.payload,
        bytes: response.rawPayload,
        headers: response.headers,
      };
    },
    async close() {
      await app.close();
      await home?.remove();
    },
  };
}

/** A form as multipart, anything else as JSON. */
async function payloadOf(body: unknown): Promise<{ type: string | null; payload: Buffer | string | null }> {
  if (body === undefined) return { type: null, payload: null };
  if (!(body instanceof FormData)) return { type: 'application/json', payload: JSON.stringify(body) };
  const response = new Response(body);
  return {
    type: response.headers.get('content-type'),
    payload: Buffer.from(await response.arrayBuffer()),
  };
}
