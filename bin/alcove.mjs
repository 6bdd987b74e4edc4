#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findOwnNode, whereToRun } from './where-to-run.mjs';

// The command `alcove`: starts the command line on a Node that can run it. The package holds built JavaScript, a checkout
// the sources.

const self = fileURLToPath(import.meta.url);
const sources = new URL('../src/cli/main.ts', import.meta.url);
const built = new URL('../dist/src/cli/main.js', import.meta.url);
const place = whereToRun({
  platform: process.platform,
  version: process.versions.node,
  ownNode: findOwnNode(self),
});

if ('refusal' in place) {
  console.error(place.refusal);
  process.exitCode = 1;
} else if (place.node === null) {
  await import('./light-modules.mjs');
  await import((existsSync(sources) ? sources : built).href);
} else {
  runIn(place.node);
}

/** @param {string} node */
function runIn(node) {
  const child = spawn(node, [self, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 143);
  });
}
