import { execFile, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A real Redis on a socket of its own. */
export interface TestRedis {
  url: string;
  /** Runs one command and resolves with what redis-cli prints. */
  run(...command: string[]): Promise<string>;
  /** Sends lines in the protocol, as redis-cli --pipe takes them. */
  pipe(commands: readonly (readonly (string | Buffer)[])[]): Promise<void>;
  close(): Promise<void>;
}

export const hasRedis = spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).status === 0;

export async function startRedis(): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'alcove-redis-'));
  const socket = join(folder, 'redis.sock');
  const server = spawn(
    'redis-server',
    ['--port', '0', '--unixsocket', socket, '--save', '', '--dir', folder],
    {
      stdio: 'ignore',
    },
  );
  const run = async (...command: string[]): Promise<string> =>
    (await promisify(execFile)('redis-cli', ['-s', socket, ...command])).stdout.trim();
  for (let tries = 0; (await run('PING').catch(() => '')) !== 'PONG'; tries += 1) {
    if (tries > 200) throw new Error('redis-server does not answer');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    url: `unix://${socket}`,
    run,
    async pipe(commands) {
      const client = spawn('redis-cli', ['-s', socket, '--pipe'], { stdio: ['pipe', 'ignore', 'inherit'] });
      for (const command of commands) {
        client.stdin.write(`*${command.length}\r\n`);
        for (const part of command) {
          const bytes = Buffer.from(part);
          client.stdin.write(`$${bytes.length}\r\n`);
          client.stdin.write(bytes);
          client.stdin.write('\r\n');
        }
      }
      client.stdin.end();
      const code = await new Promise<number | null>((resolve) => client.once('close', resolve));
      if (code !== 0) throw new Error('redis-cli --pipe failed');
    },
    async close() {
      server.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
