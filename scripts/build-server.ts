/**
 * Before `npm pack`: makes `dist`, which is the repository as JavaScript, with the web app and the database in it, since
 * Node strips no types from packages. Everything lies where it lies in the repository, so that paths stay right.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';

const root = resolve(import.meta.dirname, '..');
const dist = join(root, 'dist');
spawnSync(process.execPath, ['scripts/prepare.mjs'], { cwd: root, stdio: 'inherit' });
const parts = ['src', 'contract/src', 'client/src'];
const assets = ['web/build', 'examples/aurora-annual-report-2025.pdf', ...builtFiles()];
/** Workspaces are no packages of their own in what is published. */
const workspaces: Record<string, string> = {
  '@alcove/contract': 'contract/src/index.js',
  '@alcove/client': 'client/src/index.js',
};

if (assets.length < 4 || !existsSync(join(root, 'web/build/index.html')))
  throw new Error('the web app or the database is missing: npm install says why');
rmSync(dist, { recursive: true, force: true });
for (const part of parts) for (const path of filesIn(part)) build(path);
for (const asset of assets) cpSync(join(root, asset), join(dist, asset), { recursive: true });
const { name, version, type, dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
writeFileSync(
  join(dist, 'package.json'),
  `${JSON.stringify({ name, version, type, dependencies }, null, 2)}\n`,
);
console.log(`The server is built: ${relative(root, dist)}.`);

function builtFiles(): string[] {
  return readdirSync(join(root, 'build'))
    .filter((file) => /^(fresh-database|tokens)-/.test(file))
    .map((file) => `build/${file}`);
}

function filesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

function build(path: string): void {
  const target = join(dist, path);
  mkdirSync(dirname(target), { recursive: true });
  if (!path.endsWith('.ts')) return cpSync(join(root, path), target);
  writeFileSync(target.replace(/\.ts$/, '.js'), toJavaScript(path));
}

function toJavaScript(path: string): string {
  const { outputText } = ts.transpileModule(readFileSync(join(root, path), 'utf8'), {
    fileName: path,
    compilerOptions: {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2024,
      verbatimModuleSyntax: true,
      rewriteRelativeImportExtensions: true,
    },
  });
  return (
    outputText
      // Threads and child processes are named by their address.
      .replaceAll(/(new URL\('\.{1,2}\/[^']+)\.ts'/g, "$1.js'")
      // What people are told to type: they have the command, and no scripts.
      .replaceAll('npm run alcove -- ', 'alcove ')
      .replaceAll('npm start', 'alcove serve')
      .replaceAll(/'(@alcove\/[a-z]+)'/g, (all, workspace: string) => {
        const entry = workspaces[workspace];
        if (entry === undefined) return all;
        const from = relative(dirname(path), entry);
        return `'${from.startsWith('.') ? from : `./${from}`}'`;
      })
  );
}
