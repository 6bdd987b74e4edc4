import { execFile } from 'node:child_process';
import { chown, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A PostgreSQL cluster of this test's own, which it may stop. */
export interface PrivateCluster {
  url: string;
  /** Its data folder. */
  folder: string;
  stop(mode: 'fast' | 'immediate'): Promise<void>;
  start(): Promise<void>;
  /** Stops every process of it where it is: connections stay open and are accepted, and nothing is answered. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** A copy that follows this one and only reads; it has to let connections of replication in. */
  addStandby(): Promise<Pick<PrivateCluster, 'url' | 'remove'>>;
  remove(): Promise<void>;
}

/** The newest PostgreSQL of Debian's packages, or null where there is none. */
export async function findPostgres(): Promise<string | null> {
  const versions = await readdir('/usr/lib/postgresql').catch(() => []);
  const newest = versions
    .map(Number)
    .filter(Number.isInteger)
    .toSorted((a, b) => b - a)[0];
  return newest === undefined ? null : `/usr/lib/postgresql/${newest}/bin`;
}

/** Makes and starts a cluster on a free loopback port, as `scripts/with-postgres.sh` does. */
export async function createCluster(bin: string, settings: readonly string[] = []): Promise<PrivateCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'alcove-cluster-'));
  const data = join(folder, 'data');
  // PostgreSQL refuses to run as root; Debian's package brings a user for that.
  const asRoot = process.getuid?.() === 0;
  if (asRoot) await chown(folder, await userId('postgres'), -1);
  const owner = (program: string, ...args: string[]) =>
    asRoot
      ? run('runuser', ['-u', 'postgres', '--', join(bin, program), ...args], { cwd: folder })
      : run(join(bin, program), args, { cwd: folder });
  const options = (port: number) =>
    [`-p ${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', ...settings].join(' -c ');
  const startAt = (port: number, at = data) =>
    // Its log goes to a file: pg_ctl's own output must end for this call to end.
    owner(
      'pg_ctl',
      '-D',
      at,
      '-l',
      join(folder, 'server.log'),
      '-w',
      '-t',
      '60',
      '-o',
      options(port),
      'start',
    );
  const port = await owner(
    'initdb',
    '-D',
    data,
    '-U',
    'postgres',
    '--auth=trust',
    '-E',
    'UTF8',
    '--locale=C.UTF-8',
  )
    .then(() => firstFree(startAt))
    .catch(async (error: unknown) => {
      await rm(folder, { recursive: true, force: true });
      throw error;
    });
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    folder: data,
    stop: async (mode) => void (await owner('pg_ctl', '-D', data, '-m', mode, '-w', 'stop')),
    start: async () => void (await startAt(port)),
    // The first process first: it makes the others.
    freeze: async () => signal(await processesOf(data), 'SIGSTOP'),
    thaw: async () => signal(await processesOf(data), 'SIGCONT'),
    async addStandby() {
      const copy = join(folder, `standby-${Date.now()}`);
      await owner(
        'pg_basebackup',
        '-D',
        copy,
        '-d',
        `postgres://postgres@127.0.0.1:${port}`,
        '-R',
        '-c',
        'fast',
      );
      const at = await firstFree((free) => startAt(free, copy));
      return {
        url: `postgres://postgres@127.0.0.1:${at}/postgres`,
        async remove() {
          await owner('pg_ctl', '-D', copy, '-m', 'immediate', '-w', 'stop').catch(() => {});
          await rm(copy, { recursive: true, force: true });
        },
      };
    },
    async remove() {
      // What is frozen does not stop.
      await processesOf(data)
        .then((pids) => signal(pids, 'SIGCONT'))
        .catch(() => {});
      await owner('pg_ctl', '-D', data, '-m', 'immediate', '-w', 'stop').catch(() => {});
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The server's first process and its children. */
async function processesOf(data: string): Promise<number[]> {
  const first = Number((await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n')[0]);
  const children = await readFile(`/proc/${first}/task/${first}/children`, 'utf8');
  return [first, ...children.split(' ').filter(Boolean).map(Number)];
}

function signal(pids: readonly number[], name: 'SIGSTOP' | 'SIGCONT'): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch (error) {
      // A connection may have ended meanwhile.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

/** A taken port makes the start fail; then another one is tried. */
async function firstFree(start: (port: number) => Promise<unknown>): Promise<number> {
  for (let attempt = 0; ; attempt += 1) {
    const port = 32_000 + Math.floor(Math.random() * 12_000);
    try {
      await start(port);
      return port;
    } catch (error) {
      if (attempt === 5) throw error;
    }
  }
}

/** Of a user of this machine. */
export async function userId(name: string): Promise<number> {
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((one) => one.startsWith(`${name}:`));
  if (line === undefined) throw new Error(`there is no user ${name}`);
  return Number(line.split(':')[2]);
}
