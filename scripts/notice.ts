/**
 * `node scripts/notice.ts [--write]`: NOTICE names every work that is bundled or installed with Alcove, or is in its image,
 * and its licence.
 * Fails when it is out of date, or when a licence is not one of those that may be shipped.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

interface Entry {
  version?: string;
  license?: string;
  link?: boolean;
  resolved?: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
}

const root = resolve(import.meta.dirname, '..');
const { packages } = JSON.parse(readFileSync(resolve(root, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, Entry>;
};
/** Needed to build the web app only: nothing of them reaches its pages. */
const builders = new Set([
  '@sveltejs/adapter-static',
  '@sveltejs/vite-plugin-svelte',
  '@tailwindcss/vite',
  'svelte-check',
  'vite',
]);
/** Of a choice of licences, the one that is made use of. */
const chosen: Record<string, string> = {
  '(MPL-2.0 OR Apache-2.0)': 'Apache-2.0',
  '(AFL-2.1 OR BSD-3-Clause)': 'BSD-3-Clause',
  '(MIT OR CC0-1.0)': 'MIT',
};
/** Packages whose manifest does not name the licence, by the LICENSE that they bring. */
const unsaid: Record<string, string> = {
  'svelte-toolbelt': 'MIT',
  'png-js': 'MIT',
  'dejavu-fonts-ttf': 'Bitstream-Vera',
};
const permitted =
  /^(MIT|MIT-0|ISC|0BSD|BlueOak-1\.0\.0|BSD-2-Clause|BSD-3-Clause|Apache-2\.0|Python-2\.0|Unlicense|CC0-1\.0|PostgreSQL|Bitstream-Vera|OFL-1\.1)$/;
const works = `Works beside the packages

- PostgreSQL, compiled to WebAssembly in @electric-sql/pglite: PostgreSQL License
- pgvector, compiled to WebAssembly in @electric-sql/pglite-pgvector: PostgreSQL License
- Extensions of PostgreSQL that npm installs with @electric-sql/pglite-socket, in the same form, and that Alcove does not
  load: Apache AGE (Apache-2.0), pgTAP, pg_ivm and pg_textsearch (PostgreSQL License), pg_hashids (MIT) and pg_uuidv7
  (MPL-2.0, unchanged, of https://github.com/fboulnois/pg_uuidv7); the packages around them are Apache-2.0
- Beside PDF.js (pdfjs-dist), in the web app with their licences: Foxit's fonts and the JBIG2 decoder of PDFium
  (BSD-3-Clause), the Liberation Sans fonts (OFL-1.1), OpenJPEG (BSD-2-Clause), qcms (MIT), Adobe's character maps
  (BSD-3-Clause) and an ICC profile (CC0-1.0)
- The table of word frequencies in src/indexing/background: CC BY-SA 4.0, in a folder and under a licence of its own,
  whose LICENSE names its sources
- Beside its packages, the image that deploy/Dockerfile makes holds Node.js (MIT, and what its LICENSE names) and packages
  of Debian, each with its licence in /usr/share/doc
- The example documents in examples: made for Alcove, Apache-2.0
`;

const roots = ['', 'client', 'contract', 'web'];
const found = new Map<string, string>();
const faults: string[] = [];
for (const from of roots) for (const name of wantedOf(from)) visit(from, name);
for (const name of addedToImage()) visit('', name);
const text = print();
const file = resolve(root, 'NOTICE');
if (process.argv.includes('--write')) writeFileSync(file, text);
else if (!existsSync(file) || readFileSync(file, 'utf8') !== text)
  faults.push('NOTICE is out of date: npm run notice');
for (const fault of faults) console.error(fault);
if (faults.length === 0) console.log(`NOTICE names ${found.size} packages.`);
process.exitCode = faults.length > 0 ? 1 : 0;

/** What of a manifest is shipped: the web app is built from its development packages. */
function wantedOf(path: string): string[] {
  const manifest = JSON.parse(readFileSync(resolve(root, path, 'package.json'), 'utf8')) as {
    dependencies?: Record<string, string>;
    devDependencies?: Record<string, string>;
  };
  const built = path === 'web' ? Object.keys(manifest.devDependencies ?? {}) : [];
  return [...Object.keys(manifest.dependencies ?? {}), ...built].filter((name) => !builders.has(name));
}

/** What the image has beside what the package asks for, in the versions of the lockfile: optional peers. */
function addedToImage(): string[] {
  const dockerfile = readFileSync(resolve(root, 'deploy/Dockerfile'), 'utf8');
  const [, words = ''] = /npm install --prefix \S+ (.*)/.exec(dockerfile) ?? [];
  return [...words.matchAll(/(?<= )((?:@[\w.-]+\/)?[\w.-]+)@(\S+)/g)].map(([, name = '', version = '']) => {
    const locked = packages[`node_modules/${name}`]?.version;
    if (locked !== version) faults.push(`deploy/Dockerfile: ${name} ${version} is ${locked} in the lockfile`);
    return name;
  });
}

function visit(from: string, name: string): void {
  const path = findEntry(from, name);
  const entry = path === undefined ? undefined : packages[path];
  if (path === undefined || entry === undefined || entry.link === true) return;
  const key = `${name} ${entry.version}`;
  if (found.has(key)) return;
  const licence = unsaid[name] ?? chosen[entry.license ?? ''] ?? entry.license ?? 'unknown';
  found.set(key, licence);
  if (
    !licence
      .split(/ AND | OR |[()]/)
      .filter(Boolean)
      .every((one) => permitted.test(one))
  )
    faults.push(`${key}: its licence ${licence} is not one that may be shipped`);
  for (const next of Object.keys({
    ...entry.dependencies,
    ...entry.optionalDependencies,
    ...neededPeersOf(entry),
  }))
    visit(path, next);
}

/** npm installs them by itself. */
function neededPeersOf({ peerDependencies = {}, peerDependenciesMeta = {} }: Entry): Record<string, string> {
  return Object.fromEntries(
    Object.entries(peerDependencies).filter(
      ([name]) => peerDependenciesMeta[name]?.optional !== true && !builders.has(name),
    ),
  );
}

/** As Node looks it up, from the innermost folder outwards. */
function findEntry(from: string, name: string): string | undefined {
  for (let folder = from; ;) {
    const path = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    if (packages[path] !== undefined) return path;
    if (folder === '') return undefined;
    const at = folder.lastIndexOf('/node_modules/');
    folder = at === -1 ? '' : folder.slice(0, at);
  }
}

function print(): string {
  const byLicence = Map.groupBy([...found].toSorted(byKey), ([, licence]) => licence);
  const groups = [...byLicence]
    .toSorted(byKey)
    .map(([licence, list]) => `${licence}\n\n${list.map(([name]) => `- ${name}`).join('\n')}\n`);
  return `Alcove
Copyright 2026 the authors of Alcove

Licensed under the Apache License, Version 2.0. With it come the works below, each under its own licence, whose text is
in its package; of what the web app is built from, in web/build/licenses.txt, which the server has at /licenses.txt.
\`npm run notice\` writes this list from the lockfile.

${works}
${groups.join('\n')}`;
}

function byKey([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}
