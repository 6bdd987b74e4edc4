import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { type RunningApp, startApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { createTestDatabase } from '../../test/support/postgres.ts';
import { environmentOf } from './start.ts';

export interface EmbeddedApp {
  app: RunningApp;
  baseUrl: string;
  databaseUrl: string | null;
  close(): Promise<void>;
}

/** The whole application in this process, on a new database: for what is measured below HTTP. */
export async function startEmbedded(
  serverUrl: string | null,
  env: Record<string, string> = {},
): Promise<EmbeddedApp> {
  const dataDir = await mkdtemp(join(tmpdir(), 'alcove-bench-'));
  const database = serverUrl === null ? null : await createTestDatabase(serverUrl);
  const cleanUp = async (): Promise<void> => {
    await database?.drop();
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    const settings = { ...environmentOf(dataDir, database?.url), ...env };
    const app = await startApp(readConfig(settings), pino({ level: 'error' }, process.stderr));
    await app.http.listen({ host: '127.0.0.1', port: 0 });
    const address = app.http.server.address();
    const close = async (): Promise<void> => {
      await app.close();
      await cleanUp();
    };
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    return { app, baseUrl: `http://127.0.0.1:${port}`, databaseUrl: database?.url ?? null, close };
  } catch (error) {
    await cleanUp();
    throw error;
  }
}
