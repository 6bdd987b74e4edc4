/**
 * Runs after `npm install`: builds the web app, so that `npm start` finds it. Does nothing when the build is
 * newer than its sources, or when they or the build tools are absent, as in an install without dev packages.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const page = join(root, 'web/build/index.html');
const sources = ['web', 'client/src', 'contract/src'].map((folder) => join(root, folder));
const GENERATED = new Set(['build', 'node_modules', '.svelte-kit']);

if (canBuild() && !isFresh()) build();

function canBuild(): boolean {
  return existsSync(join(root, 'web/src')) && existsSync(join(root, 'node_modules/vite/package.json'));
}

function isFresh(): boolean {
  return existsSync(page) && newestChange(sources) <= statSync(page).mtimeMs;
}

function newestChange(paths: string[]): number {
  const times = paths.map((path) => {
    const stat = statSync(path);
    if (!stat.isDirectory()) return stat.mtimeMs;
    return newestChange(
      readdirSync(path)
        .filter((name) => !GENERATED.has(name))
        .map((name) => join(path, name)),
    );
  });
  return Math.max(0, ...times);
}

/** A failed build does not fail the install: the API works without the web app, and says that it is missing. */
function build(): void {
  const start = performance.now();
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [vite, 'build', '--logLevel', 'warn'], {
    cwd: join(root, 'web'),
    encoding: 'utf8',
  });
  if (status === 0) {
    console.log(`Web app built in ${((performance.now() - start) / 1000).toFixed(1)} s.`);
    return;
  }
  console.error(`${stdout}${stderr}`.trimEnd().split('\n').slice(-30).join('\n'));
  console.error('The web app could not be built; the API works without it. To see why: npm run build -w web');
}
