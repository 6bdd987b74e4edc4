import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { moveDurably, writeDurably } from './durable-files.ts';

const migrations = fileURLToPath(new URL('./migrations', import.meta.url));
const manifest = fileURLToPath(new URL('../../package.json', import.meta.url));
const folder = fileURLToPath(new URL('../../build', import.meta.url));
/** Copies are named for what they were made from, so that an old one is not taken for the present one. */
const nameForm = /^fresh-database-[0-9a-f]{16}\.gz$/;

/** Unpacked in a few pieces instead of some thousand. */
const chunkSize = 8 * 1024 * 1024;

interface Contents {
  folders: string[];
  files: { path: string; size: number }[];
}

/**
 * Unpacks the folder of an embedded database that has every migration, which takes a tenth of the time and of the memory
 * of making one. The copy comes with the package, or is made by `npm install`.
 * @returns false when there is none of this version: the database is made step by step then
 */
export async function unpackFreshDatabase(target: string): Promise<boolean> {
  const packed = await readFile(await freshDatabasePath()).catch(() => null);
  if (packed === null) return false;
  const bytes = gunzipSync(packed, { chunkSize });
  const start = 4 + bytes.readUInt32LE(0);
  const { folders, files } = JSON.parse(bytes.toString('utf8', 4, start)) as Contents;
  // Its name appears when it is whole. Its files are left to the system, as all that the embedded database writes.
  const part = `${target}.part`;
  await rm(part, { recursive: true, force: true });
  // A thousand small files: nobody is served yet, so that nobody waits for what is faster in one go.
  mkdirSync(part, { recursive: true, mode: 0o700 });
  for (const path of folders) mkdirSync(join(part, path), { mode: 0o700 });
  let at = start;
  for (const { path, size } of files) {
    writeFileSync(join(part, path), bytes.subarray(at, at + size), { mode: 0o600 });
    at += size;
  }
  await moveDurably(part, target);
  return true;
}

/** Packs the folder of a database that has been closed, and removes the copies of other versions. */
export async function packFreshDatabase(source: string): Promise<string> {
  const contents: Contents = { folders: [], files: [] };
  const pieces: Buffer[] = [];
  const found = await readdir(source, { withFileTypes: true, recursive: true });
  const paths = found.map((entry) => relative(source, join(entry.parentPath, entry.name)));
  // A folder comes before what is in it.
  for (const path of paths.toSorted()) {
    const portable = path.split(sep).join('/');
    if ((await stat(join(source, path))).isDirectory()) contents.folders.push(portable);
    else {
      const piece = await readFile(join(source, path));
      contents.files.push({ path: portable, size: piece.length });
      pieces.push(piece);
    }
  }
  const header = Buffer.from(JSON.stringify(contents));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(header.length);
  const packed = gzipSync(Buffer.concat([size, header, ...pieces]), { level: 9 });
  const path = await freshDatabasePath();
  await mkdir(dirname(path), { recursive: true });
  for (const name of await readdir(folder)) if (nameForm.test(name)) await rm(join(folder, name));
  await writeDurably(path, packed, 0o644);
  return path;
}

/** True when there is a copy that the present migrations and the present PGlite have made. */
export async function hasFreshDatabase(): Promise<boolean> {
  return existsSync(await freshDatabasePath());
}

async function freshDatabasePath(): Promise<string> {
  const hash = createHash('sha256');
  const { dependencies } = JSON.parse(await readFile(manifest, 'utf8')) as {
    dependencies: Record<string, string>;
  };
  for (const [name, version] of Object.entries(dependencies))
    if (name.startsWith('@electric-sql/')) hash.update(`${name}@${version}\n`);
  for (const name of (await readdir(migrations)).filter((file) => file.endsWith('.sql')).toSorted())
    hash.update(`${name}\n`).update(await readFile(join(migrations, name)));
  return join(folder, `fresh-database-${hash.digest('hex').slice(0, 16)}.gz`);
}
