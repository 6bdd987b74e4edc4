import { readFile, stat } from 'node:fs/promises';
import { writeDurably } from '../db/durable-files.ts';

/** Only its owner reads a file that may hold keys. */
const privateMode = 0o600;

/** Sets a variable in a file of settings, whole or not at all; every other line stays as it is. */
export async function writeSetting(path: string, name: string, value: string): Promise<void> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const mode = await stat(path).then(
    (found) => found.mode & 0o777,
    () => privateMode,
  );
  const lines = text.split('\n');
  // A value may run over several lines in quotes, but not the value of a name that we write.
  const isOurs = (line: string): boolean => line.replace(/^\s*(export\s+)?/, '').startsWith(`${name}=`);
  const kept = lines.filter((line) => !isOurs(line));
  const place = lines.findIndex(isOurs);
  const entry = `${name}=${value}`;
  if (place >= 0) kept.splice(place, 0, entry);
  else kept.splice(kept.at(-1) === '' ? -1 : kept.length, 0, entry);
  const written = kept.join('\n');
  await writeDurably(path, written.endsWith('\n') ? written : `${written}\n`, mode);
}
