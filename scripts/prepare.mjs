/**
 * Runs after `npm install`, on whatever Node that is, so in plain JavaScript: builds the web app, makes the database
 * that new installations begin with and packs the table of tokens, each when it is not there or older than its sources.
 * A failure does not fail the install; what is missing is said here and, for the web app, at each start.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findOwnNode } from '../bin/where-to-run.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const page = join(root, 'web/build/index.html');
const sources = ['web', 'client/src', 'contract/src'].map((folder) => join(root, folder));
const GENERATED = new Set(['build', 'node_modules', '.svelte-kit']);
/** Read by src/http/find-web-app.ts. */
const reasonFile = join(root, 'build/web-app-missing.txt');
/** The project's own Node 24: the one that runs this may be older. */
const node = findOwnNode(import.meta.url) ?? process.execPath;

mkdirSync(dirname(reasonFile), { recursive: true });
prepareWebApp();
run('The embedded database', ['scripts/make-fresh-database.ts']);
run('The table of tokens', ['scripts/make-token-table.ts']);

function prepareWebApp() {
  if (isFresh()) {
    // npm takes away what the build has put beside the packages, and type checks and tests need.
    const kit = join(root, 'node_modules/@sveltejs/kit/svelte-kit.js');
    if (existsSync(kit))
      run("The web app's settings", ['../node_modules/@sveltejs/kit/svelte-kit.js', 'sync'], 'web');
    return rmSync(reasonFile, { force: true });
  }
  if (!existsSync(join(root, 'node_modules/vite/package.json'))) {
    return report(
      'what builds it was left out of this installation (npm install without --omit=dev, and then npm prune --omit=dev, keeps it)',
    );
  }
  const failure = run(
    'The web app',
    ['../node_modules/vite/bin/vite.js', 'build', '--logLevel', 'warn'],
    'web',
  );
  if (failure === null) rmSync(reasonFile, { force: true });
  else report(`${failure} (npm run build -w web shows all of it)`);
}

/** @param {string} reason */
function report(reason) {
  writeFileSync(reasonFile, `${reason}\n`);
  console.error(
    existsSync(page)
      ? `The web app is that of an earlier version: ${reason}.`
      : `The web app is not built: ${reason}. The HTTP API works without it.`,
  );
}

/**
 * Null when it went well, else why not in one line.
 * @param {string} what @param {string[]} args @returns {string | null}
 */
function run(what, args, folder = '.') {
  const { status, stdout, stderr, error } = spawnSync(node, args, {
    cwd: join(root, folder),
    encoding: 'utf8',
  });
  if (status === 0) {
    if (stdout.trim() !== '') console.log(stdout.trim());
    return null;
  }
  const said = `${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`.trimEnd();
  console.error(`${what} could not be made:\n${said.split('\n').slice(-30).join('\n')}`);
  return (
    said
      .split('\n')
      .find((line) => /error|cannot/i.test(line))
      ?.trim() ?? `it ended with ${status}`
  );
}

function isFresh() {
  return existsSync(page) && newestChange(sources) <= statSync(page).mtimeMs;
}

/** @param {string[]} paths @returns {number} */
function newestChange(paths) {
  const times = paths
    .filter((path) => existsSync(path))
    .map((path) => {
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
