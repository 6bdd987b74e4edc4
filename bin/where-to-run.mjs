import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

// Plain JavaScript for whatever Node there is: only what Node 12 knows.

const needed = 24;

/**
 * Where Alcove can run: in this process (`node: null`), in another Node, or not at all.
 * @param {import('./where-to-run.mjs').Here} here @returns {{ node: string | null } | { refusal: string }}
 */
export function whereToRun({ platform, version, ownNode }) {
  if (platform === 'win32')
    return {
      refusal:
        'Alcove does not run on Windows itself: install WSL (wsl --install), and start it there as on Linux.',
    };
  if (Number.parseInt(version, 10) >= needed) return { node: null };
  if (ownNode !== null) return { node: ownNode };
  return {
    refusal: `Alcove needs Node ${needed} or newer, and this is ${version}: install it, or install Alcove's package "node" (npm install node@${needed}).`,
  };
}

/** @param {string} from a file of Alcove @returns {string | null} */
export function findOwnNode(from) {
  try {
    const path = join(dirname(createRequire(from).resolve('node/package.json')), 'bin/node');
    return existsSync(path) && runs(path) ? path : null;
  } catch {
    // Left out, or its installation was not allowed to run.
    return null;
  }
}

/**
 * Whether a Node starts here: one built for another C library (Alpine's musl) is there and does not.
 * @param {string} path @returns {boolean}
 */
export function runs(path) {
  return spawnSync(path, ['--version']).status === 0;
}
