import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));

/** Puts the peers into this folder; those that cannot be installed are missing afterwards. */
export function installPeers(): void {
  if (isInstalled('sqlite-vec') && isInstalled('@lancedb/lancedb')) return;
  console.log('Installing the peers into bench/peers …');
  const { status, stderr } = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (status !== 0)
    console.log(
      `npm install in bench/peers ended with ${status}: ${stderr.trim().split('\n').slice(0, 5).join('\n')}`,
    );
}

/** Loads an installed peer's module; its types are not the project's. */
export async function loadPeer<T>(name: string): Promise<T> {
  return (await import(name)) as T;
}

export function versionOf(name: string): string {
  try {
    return (
      JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')) as {
        version: string;
      }
    ).version;
  } catch {
    return '(unknown version)';
  }
}

function isInstalled(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch {
    return false;
  }
}
