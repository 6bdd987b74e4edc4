import { type ChildProcessByStdio, execFile, spawn, spawnSync } from 'node:child_process';
import { chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { announcedPort } from './announced.ts';

const run = promisify(execFile);
/** What a container is made of, without one: mounts and a network of its own. */
const apart = ['unshare', '--mount', '--net', '--propagation', 'private'] as const;
const nobody = 65_534;
/** Whatever leads to the folders that are bound there, nobody may go here. */
const places = { app: '/srv', data: '/media' };

/**
 * As of `docker run --read-only --tmpfs /tmp -v DATA:/data --cap-drop ALL`. What would leave the machine goes by `wire`,
 * which leads nowhere and counts; that has no address of IPv6, which speaks by itself.
 */
const contained = `
  set -e
  ip link set lo up
  ip link add wire type veth peer name end
  ip link set wire addrgenmode none
  ip link set wire up
  ip link set end up
  ip address add 192.0.2.1/24 dev wire
  ip route add default dev wire
  mount --bind "$1" ${places.app}
  mounts=$(cut -d ' ' -f 2 /proc/self/mounts | grep -vE '^/(proc|sys)(/|$)' | sort -u)
  mount --bind "$2" ${places.data}
  for mount in $mounts; do mount -o remount,bind,ro "$mount" || true; done
  shift 2
  exec setpriv --reuid ${nobody} --regid ${nobody} --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs "$@"`;

/** Hands what comes to a socket of the file system, which any network reaches, to a port of the network that it is in. */
const relay = `
  const { connect, createServer } = require('node:net');
  const [path, port] = process.argv.slice(1);
  createServer((from) => {
    const to = connect(Number(port), '127.0.0.1');
    from.pipe(to).pipe(from);
    for (const one of [from, to]) one.on('error', () => [from, to].forEach((end) => end.destroy()));
  }).listen(path, () => console.log('listening'));`;

/** This machine lets one be made: root, with iproute2 and util-linux. */
export const canContain =
  spawnSync(apart[0], [...apart.slice(1), 'ip', 'link', 'add', 'wire', 'type', 'veth']).status === 0;

export interface Contained {
  url: string;
  server: ChildProcessByStdio<null, Readable, null>;
  /** Runs a command as root beside the server. @throws Error with what it said when it fails */
  beside(command: string, ...args: string[]): Promise<string>;
  /** Packets that were to leave the machine. */
  sent(): Promise<number>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts the server that is installed in `app` as nobody, where only its data folder and its temporary one can be written.
 */
export async function serveContained(app: string, env: Record<string, string>): Promise<Contained> {
  const data = await mkdtemp(join(tmpdir(), 'alcove-contained-'));
  await mkdir(join(data, 'tmp'));
  for (const folder of [data, join(data, 'tmp')]) await chown(folder, nobody, nobody);
  const [command, ...options] = apart;
  const alcove = join(places.app, 'node_modules/.bin/alcove');
  const args = [...options, 'bash', '-c', contained, 'contained', app, data, alcove, 'serve'];
  const server = spawn(command, args, {
    cwd: '/',
    env: { ...env, PORT: '8000', DATA_DIR: places.data, TMPDIR: join(places.data, 'tmp') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await announcedPort(server.stdout);
  const beside = async (name: string, ...given: string[]): Promise<string> =>
    (await run('nsenter', ['-t', String(server.pid), '--mount', '--net', name, ...given])).stdout;

  const path = join(data, 'relay');
  const entering = ['-t', String(server.pid), '--net', process.execPath, '-e', relay, path, String(port)];
  const inner = spawn('nsenter', entering);
  await new Promise((resolve) => inner.stdout.once('data', resolve));
  const outer = createServer((from) => joined(from, connect(path))).listen(0, '127.0.0.1');
  await new Promise((resolve) => outer.once('listening', resolve));
  return {
    url: `http://127.0.0.1:${(outer.address() as AddressInfo).port}`,
    server,
    beside,
    async sent() {
      const counts = await beside('cat', '/proc/net/dev');
      // Eight figures of what was received stand before those of what was sent: bytes, then packets.
      const [, , packets] = /wire:((?: +\d+){8}) +\d+ +(\d+)/.exec(counts) ?? [];
      return Number(packets);
    },
    async [Symbol.asyncDispose]() {
      server.kill('SIGKILL');
      inner.kill('SIGKILL');
      outer.close();
      await rm(data, { recursive: true, force: true });
    },
  };
}

function joined(from: Socket, to: Socket): void {
  from.pipe(to).pipe(from);
  for (const one of [from, to])
    one.on('error', () => {
      from.destroy();
      to.destroy();
    });
}
