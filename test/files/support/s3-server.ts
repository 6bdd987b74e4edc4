import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../support/free-port.ts';

/** A server of the S3 protocol in a process of its own, on a folder that outlives it. */
export interface S3Server {
  /** The settings that use it, below a prefix of their own. */
  env(prefix: string): Record<string, string>;
  stop(): Promise<void>;
  /** Again at the same port, with what it held. */
  start(): Promise<void>;
  /** Stops it and removes what it held. */
  close(): Promise<void>;
}

const command = fileURLToPath(new URL('../../../node_modules/s3rver/bin/s3rver.js', import.meta.url));
const startWithinMs = 30_000;

export async function startS3Server(): Promise<S3Server> {
  const folder = await mkdtemp(join(tmpdir(), 'alcove-s3-'));
  const port = await freePort();
  let child: ChildProcess | null = null;

  const isRunning = (): boolean => child !== null && child.exitCode === null && child.signalCode === null;

  async function start(): Promise<void> {
    if (isRunning()) return;
    // Its tokens of pages are made with a cipher that OpenSSL 3 keeps among the old ones.
    const args = ['--openssl-legacy-provider', command, '-d', folder, '-a', '127.0.0.1', '-p', String(port)];
    const started = spawn(process.execPath, [...args, '--configure-bucket', 'originals'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child = started;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('the S3 server did not start')), startWithinMs);
      started.stdout.on('data', (text: Buffer) => {
        if (!text.includes('listening')) return;
        clearTimeout(timer);
        resolve();
      });
      started.stdout.resume();
      started.once('exit', (code) => reject(new Error(`the S3 server ended with ${code}`)));
    });
  }

  async function stop(): Promise<void> {
    if (child === null || !isRunning()) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  await start();
  return {
    env: (prefix) => ({
      BLOBS_URL: `s3://originals/${prefix}?endpoint=http://127.0.0.1:${port}`,
      AWS_ACCESS_KEY_ID: 'S3RVER',
      AWS_SECRET_ACCESS_KEY: 'S3RVER',
    }),
    start,
    stop,
    async close() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
