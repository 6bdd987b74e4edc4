import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../answers/support/until.ts';
import { userId } from './private-cluster.ts';

const program = '/usr/sbin/pgbouncer';
/** Few, so that every one of them serves many users in turn. */
const serverConnections = 4;

export interface PgBouncer {
  /** The URL of the database behind it, by way of it. */
  url: string;
  close(): Promise<void>;
}

export function hasPgBouncer(): Promise<boolean> {
  return access(program).then(
    () => true,
    () => false,
  );
}

/** Debian's PgBouncer in transaction mode, with its own defaults, in front of the server of `url`. */
export async function startPgBouncer(url: string): Promise<PgBouncer> {
  const target = new URL(url);
  const folder = await mkdtemp(join(tmpdir(), 'alcove-pgbouncer-'));
  const asRoot = process.getuid?.() === 0;
  if (asRoot) await chown(folder, await userId('postgres'), -1);
  await writeFile(join(folder, 'users'), `"${target.username}" ""\n`);
  for (let attempt = 0; ; attempt += 1) {
    const port = 44_000 + Math.floor(Math.random() * 12_000);
    const settings = join(folder, 'pgbouncer.ini');
    await writeFile(
      settings,
      `[databases]
* = host=127.0.0.1 port=${target.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${join(folder, 'users')}
pool_mode = transaction
default_pool_size = ${serverConnections}
logfile = ${join(folder, 'log')}
`,
    );
    const command = asRoot ? ['runuser', '-u', 'postgres', '--', program, settings] : [program, settings];
    const child = spawn(command[0] ?? '', command.slice(1), { stdio: 'ignore' });
    if (await listens(child, port)) {
      const through = new URL(url);
      through.port = String(port);
      return { url: through.href, close: () => end(child, folder) };
    }
    if (attempt === 5) throw new Error('PgBouncer does not start');
  }
}

async function listens(child: ChildProcess, port: number): Promise<boolean> {
  const answered = await until('PgBouncer listens or is gone', async () => {
    if (child.exitCode !== null) return 'gone';
    return (await accepts(port)) && 'listening';
  });
  return answered === 'listening';
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

async function end(child: ChildProcess, folder: string): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  if (child.exitCode === null) await exited;
  await rm(folder, { recursive: true, force: true });
}
