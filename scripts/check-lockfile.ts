/**
 * `node scripts/check-lockfile.ts`: package-lock.json is whole. `npm ci` refuses a lockfile that is not what the
 * manifests say; and where an entry for a platform's own package is missing, as after `npm install` with a version
 * whose packages are not all published, it installs what cannot run on that platform.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

interface Entry {
  version?: string;
  integrity?: string;
  link?: boolean;
  inBundle?: boolean;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

const root = resolve(import.meta.dirname, '..');
const { packages } = read('package-lock.json') as { packages: Record<string, Entry> };
const { workspaces } = read('package.json') as { workspaces: string[] };
const faults = [
  ...['', ...workspaces].flatMap(compareManifest),
  ...Object.entries(packages).flatMap(([path, entry]) => [
    ...lackingOptional(path, entry),
    ...lackingHash(path, entry),
  ]),
];
for (const fault of faults) console.error(fault);
if (faults.length > 0) console.error('Mend the versions, then: npm install --package-lock-only');
else console.log(`package-lock.json is whole: ${Object.keys(packages).length} entries.`);
process.exitCode = faults.length > 0 ? 1 : 0;

/** The manifest's own wishes as the lockfile repeats them. */
function compareManifest(workspace: string): string[] {
  const manifest = read(`${workspace === '' ? '.' : workspace}/package.json`) as Entry;
  const kinds = ['dependencies', 'devDependencies', 'optionalDependencies'] as const;
  return kinds
    .filter((kind) => !isDeepStrictEqual(manifest[kind] ?? {}, packages[workspace]?.[kind] ?? {}))
    .map((kind) => `${workspace || 'the root'}: ${kind} of package.json are not those of the lockfile`);
}

/** Optional packages without an entry, or with another version than the exact one that is asked for. */
function lackingOptional(path: string, entry: Entry): string[] {
  return Object.entries(entry.optionalDependencies ?? {}).flatMap(([name, wanted]) => {
    const found = findEntry(path, name);
    if (found === undefined) return [`${path}: there is no entry for its optional package ${name} ${wanted}`];
    const isExact = /^\d+\.\d+\.\d+/.test(wanted);
    return isExact && found.version !== wanted ? [`${path}: ${name} is ${found.version}, not ${wanted}`] : [];
  });
}

function lackingHash(path: string, { link, inBundle, integrity }: Entry): string[] {
  const isOwn = !path.includes('node_modules/') || link === true || inBundle === true;
  return isOwn || integrity !== undefined ? [] : [`${path}: its entry has no hash`];
}

/** Resolves a name as Node does: from the package's own folder upwards. */
function findEntry(from: string, name: string): Entry | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/')))) {
    const entry = packages[`${folder === '' ? '' : `${folder}/`}node_modules/${name}`];
    if (entry !== undefined || folder === '') return entry;
  }
}

function read(path: string): unknown {
  return JSON.parse(readFileSync(resolve(root, path), 'utf8'));
}
