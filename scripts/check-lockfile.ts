/**
 * `node scripts/check-lockfile.ts`: package-lock.json is whole. `npm ci` refuses a lockfile that is not what the
 * manifests say; and where an entry for a platform's own package is missing, as after `npm install` with a version
 * whose packages are not all published, it installs what cannot run on that platform. Nor does it say from where the
 * packages come: that is for each machine to know, and their hashes tell whether they are the same. None is
 * older than the first version without a known weakness.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

/** What each workspace wishes, as its package.json says and its lockfile repeats. */
export interface Wishes {
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

interface Entry extends Wishes {
  version?: string;
  integrity?: string;
  resolved?: string;
  link?: boolean;
  inBundle?: boolean;
}

/** The first versions without a published weakness that a document, a request or an answer could reach; null: none. */
const floors: Record<string, string | null> = {
  '@modelcontextprotocol/sdk': '1.26.0',
  dompurify: '3.4.13',
  'drizzle-orm': '0.45.2',
  fastify: '5.8.1',
  mammoth: '1.11.0',
  'pdfjs-dist': '6.2.108',
  svelte: '5.55.7',
  xlsx: null,
};

/** By the path of its folder; the root's is empty. */
export type LockedPackages = Record<string, Entry>;

/** What is wrong with a lockfile, each in a sentence. @param manifests by the workspace's folder, the root's empty */
export function checkLockfile(packages: LockedPackages, manifests: Record<string, Wishes>): string[] {
  return [
    ...Object.entries(manifests).flatMap(([workspace, wishes]) =>
      compareManifest(workspace, wishes, packages[workspace]),
    ),
    ...Object.entries(packages).flatMap(([path, entry]) => [
      ...lackingOptional(path, entry, packages),
      ...lackingHash(path, entry),
      ...namedPlace(path, entry),
      ...belowFloor(path, entry),
    ]),
  ];
}

function compareManifest(workspace: string, wishes: Wishes, locked: Wishes | undefined): string[] {
  const kinds = ['dependencies', 'devDependencies', 'optionalDependencies'] as const;
  return kinds
    .filter((kind) => !isDeepStrictEqual(wishes[kind] ?? {}, locked?.[kind] ?? {}))
    .map((kind) => `${workspace || 'the root'}: ${kind} of package.json are not those of the lockfile`);
}

/** Optional packages without an entry, or with another version than the exact one that is asked for. */
function lackingOptional(path: string, entry: Entry, packages: LockedPackages): string[] {
  return Object.entries(entry.optionalDependencies ?? {}).flatMap(([name, wanted]) => {
    const found = findEntry(path, name, packages);
    if (found === undefined) return [`${path}: there is no entry for its optional package ${name} ${wanted}`];
    const isExact = /^\d+\.\d+\.\d+/.test(wanted);
    return isExact && found.version !== wanted ? [`${path}: ${name} is ${found.version}, not ${wanted}`] : [];
  });
}

function lackingHash(path: string, { link, inBundle, integrity }: Entry): string[] {
  const isOwn = !path.includes('node_modules/') || link === true || inBundle === true;
  return isOwn || integrity !== undefined ? [] : [`${path}: its entry has no hash`];
}

/** A link leads to a folder of this repository. */
function namedPlace(path: string, { link, resolved }: Entry): string[] {
  if (link === true || resolved === undefined) return [];
  return [`${path}: its entry names ${URL.parse(resolved)?.host || resolved}, and must not say where it is`];
}

function belowFloor(path: string, { version }: Entry): string[] {
  const name = path.split('node_modules/').at(-1) ?? '';
  const floor = floors[name];
  if (floor === undefined || version === undefined) return [];
  if (floor === null) return [`${path}: ${name} is not to be used, its weaknesses are not mended`];
  const isOlder = version.localeCompare(floor, 'en', { numeric: true }) < 0;
  return isOlder ? [`${path}: ${version} has a known weakness, ${floor} has none`] : [];
}

/** Resolves a name as Node does: from the package's own folder upwards. */
function findEntry(from: string, name: string, packages: LockedPackages): Entry | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/')))) {
    const entry = packages[`${folder === '' ? '' : `${folder}/`}node_modules/${name}`];
    if (entry !== undefined || folder === '') return entry;
  }
}

if (import.meta.main) {
  const root = resolve(import.meta.dirname, '..');
  const read = (path: string): unknown => JSON.parse(readFileSync(resolve(root, path), 'utf8'));
  const { packages } = read('package-lock.json') as { packages: LockedPackages };
  const { workspaces } = read('package.json') as { workspaces: string[] };
  const manifests = ['', ...workspaces].map((workspace): [string, Wishes] => [
    workspace,
    read(`${workspace || '.'}/package.json`) as Wishes,
  ]);
  const faults = checkLockfile(packages, Object.fromEntries(manifests));
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) console.error('Mend the versions, then: npm install --package-lock-only');
  else console.log(`package-lock.json is whole: ${Object.keys(packages).length} entries.`);
  process.exitCode = faults.length > 0 ? 1 : 0;
}
