import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, createClient } from '@alcove/client';
import { pino } from 'pino';
import { type RunningApp, startApp } from '../src/app.ts';
import { readConfig } from '../src/config.ts';
import { createTestDatabase } from '../test/support/postgres.ts';
import type { EvalOptions } from './options.ts';

export interface EvalServer {
  /** Signed in as the only user. */
  client: Client;
  close(): Promise<void>;
}

/** A whole server in this process on a free port, with a database and a data folder that go with it. */
export async function startServer(
  options: Pick<EvalOptions, 'database' | 'embeddings' | 'llm'>,
): Promise<EvalServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'alcove-eval-'));
  const database = options.database === undefined ? null : await createTestDatabase(options.database);
  let app: RunningApp | null = null;
  const close = async (): Promise<void> => {
    await app?.close();
    await database?.drop();
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    app = await startApp(
      readConfig(environmentOf(dataDir, database?.url, options)),
      pino({ level: 'error' }, process.stderr),
    );
    await app.http.listen({ host: '127.0.0.1', port: 0 });
    const address = app.http.server.address();
    if (typeof address !== 'object' || address === null) throw new Error('the server has no port');
    return { client: await signIn(`http://127.0.0.1:${address.port}`), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Nothing of the caller's own settings counts: only what the options say, with room for a whole collection. */
function environmentOf(
  dataDir: string,
  databaseUrl: string | undefined,
  { embeddings, llm }: Pick<EvalOptions, 'embeddings' | 'llm'>,
): Record<string, string> {
  return {
    DATA_DIR: dataDir,
    OLLAMA: 'off',
    LOG_LEVEL: 'error',
    REGISTRATION: 'open',
    MAX_UPLOAD_MB: '500',
    MAX_DOCUMENTS_PER_CONVERSATION: '100000',
    MAX_DOCUMENTS_PER_USER: '1000000',
    MAX_BYTES_PER_USER_MB: '100000',
    MESSAGES_PER_MINUTE: '100000000',
    STREAMS_PER_USER: '1000',
    INGEST_TIMEOUT_S: '600',
    SEGMENT_CACHE_MB: '512',
    TITLES: 'question',
    SUMMARIES: 'off',
    ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }),
    ...(embeddings !== undefined && {
      EMBEDDING_BASE_URL: embeddings.baseUrl,
      EMBEDDING_MODEL: embeddings.model,
    }),
    ...(llm !== undefined && { LLM_BASE_URL: llm.baseUrl, LLM_MODEL: llm.model }),
  };
}

/** With a key, which outlives the access token of the registration. */
async function signIn(baseUrl: string): Promise<Client> {
  const account = { email: 'eval@example.org', password: crypto.randomUUID() };
  const { access_token: first } = await createClient({ baseUrl }).accounts.register(account);
  const { key } = await createClient({ baseUrl, token: () => first }).accounts.createKey({
    name: 'eval',
    scope: 'write',
  });
  return createClient({ baseUrl, token: () => key });
}
