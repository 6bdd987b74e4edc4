import type { RunningApp } from '../app.ts';
import { openDatabaseOf } from '../app/open-database.ts';
import { type Config, ConfigError, readConfig, readEnvFile } from '../config.ts';
import { DatabaseSetupError } from '../db/setup-error.ts';
import { setupAddress } from '../identity/setup-code.ts';
import { createLog } from './log.ts';

/** All of a stop but the time for proxies to notice it and for answers to end. */
const closeMs = 15_000;

/** Closing takes less. */
const refusedMs = 5_000;
/** Nobody should have to wonder for longer whether anything happens. */
const patienceMs = 2_000;

/** Serves until SIGINT or SIGTERM; resolves with the exit code. */
export async function serve(): Promise<number> {
  let config;
  try {
    readEnvFile();
    config = readConfig();
  } catch (error) {
    return refuse(error);
  }
  const log = createLog(config.logLevel, config.logFormat);
  // A second signal, or a stop that hangs, must not leave the process behind.
  const stopped = waitForSignal();
  const waiting = setTimeout(() => print(stillStarting(config)), patienceMs);
  let app: RunningApp | undefined;
  try {
    const opening = openDatabaseOf(config, log);
    await opening.begun;
    // The rest is loaded while the database starts.
    const { startApp } = await import('../app.ts');
    app = await startApp(config, log, opening);
    await app.http.listen({ host: config.host, port: config.port });
  } catch (error) {
    await app?.close();
    return refuse(error);
  } finally {
    clearTimeout(waiting);
  }
  const address = app.http.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : config.port;
  const url =
    config.publicUrl ??
    `http://${config.host === '0.0.0.0' || config.host === '127.0.0.1' ? 'localhost' : config.host}:${port}`;
  // At once, so that whoever waits for the address has read the rest too.
  print(
    [
      `Alcove ${app.version} is at ${url}  (API reference: ${url}/docs)`,
      config.database.kind === 'pglite'
        ? `Data: ${config.dataDir} (embedded database; set DATABASE_URL for PostgreSQL)`
        : `Data: PostgreSQL, files in ${config.blobs.kind === 'disk' ? config.dataDir : config.blobs.url}`,
      // For whoever reads the log: nobody is told over HTTP.
      ...(app.setupCode === null || config.role === 'worker'
        ? []
        : [
            config.auth.registration === 'open'
              ? 'There is no administrator yet: "alcove users create ADDRESS --admin" makes one.'
              : `There is no account yet. Make the first one, the administrator's, at ${setupAddress(url, app.setupCode)}`,
          ]),
      ...[...config.notices, ...app.notices].map((notice) => `- ${notice}`),
    ].join('\n'),
  );
  const reason = await Promise.race([stopped, app.died]);
  if (reason instanceof Error) console.error(`Stopping: ${reason.message}`);
  else print('Stopping: running answers are finished or kept for later.');
  const deadline = setTimeout(() => process.exit(1), config.drainMs + config.answerGraceMs + closeMs);
  deadline.unref();
  await app.close();
  return reason instanceof Error ? 1 : 0;
}

function stillStarting({ database, dataDir }: Config): string {
  return database.kind === 'pglite'
    ? `Starting: the embedded database in ${dataDir} is being opened; the first start and one after an update take longest ...`
    : 'Starting: waiting for the database, or bringing it to this version ...';
}

function waitForSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(1));
        resolve();
      });
    }
  });
}

/** One sentence for what the operator can mend; everything else with its stack. */
function refuse(error: unknown): number {
  // Whatever may have stayed open must not keep a process alive that serves nobody.
  setTimeout(() => process.exit(1), refusedMs).unref();
  const known = error instanceof ConfigError || error instanceof DatabaseSetupError;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOTFOUND' || code === 'EADDRNOTAVAIL' || code === 'EAI_AGAIN')
    console.error('HOST is no address of this machine: leave it out, or set it to 127.0.0.1 or 0.0.0.0.');
  else if (code === 'EADDRINUSE')
    console.error('The port is taken: stop what listens there, or set PORT to another one.');
  else if (code === 'EACCES') console.error(`Permission denied: ${(error as Error).message}`);
  else if (known || (error instanceof Error && !(error instanceof TypeError))) console.error(error.message);
  else console.error(error);
  return 1;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
