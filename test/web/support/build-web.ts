import { execFile } from 'node:child_process';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const root = resolve(import.meta.dirname, '../../..');
const inputs = [
  'web/src',
  'web/static',
  'web/vite.config.ts',
  'web/package.json',
  'client/src',
  'contract/src',
];

const lock = join(root, 'node_modules/.alcove-web-build');
/** A build that was killed leaves its lock. */
const staleMs = 5 * 60_000;

/** Builds `web/build` when it is missing or older than what it is made from; one test file at a time. */
export async function buildWeb(): Promise<void> {
  while (!(await takeLock())) await new Promise((resolve) => setTimeout(resolve, 500));
  try {
    await buildOnce();
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}

async function takeLock(): Promise<boolean> {
  try {
    await mkdir(lock);
    return true;
  } catch {
    const held = await stat(lock).catch(() => null);
    if (held !== null && Date.now() - held.mtimeMs > staleMs)
      await rm(lock, { recursive: true, force: true });
    return false;
  }
}

async function buildOnce(): Promise<void> {
  const built = await changedAt('web/build/index.html');
  const changed = await Promise.all(inputs.map(changedAt));
  if (built > Math.max(...changed)) return;
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  // Vite's own node: the one that runs this test.
  const env = {
    ...process.env,
    PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
    NODE_ENV: 'production',
  };
  await promisify(execFile)(process.execPath, [vite, 'build', '--logLevel', 'warn'], {
    cwd: join(root, 'web'),
    env,
  });
}

/** Milliseconds of the newest file at or below a path; 0 when there is none. */
async function changedAt(path: string): Promise<number> {
  const found = await stat(join(root, path)).catch(() => null);
  if (!found) return 0;
  if (!found.isDirectory()) return found.mtimeMs;
  const names = await readdir(join(root, path));
  const times = await Promise.all(names.map((name) => changedAt(join(path, name))));
  return Math.max(0, ...times);
}
