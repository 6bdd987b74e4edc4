import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isRecord, parseJson } from '../json.ts';
import type { Fingerprint } from './fingerprint.ts';
import type { Wanted } from './hub.ts';

/** Beside the files of a model that was added: which commit they are of, and the hash of each. */
const recordFile = 'alcove.json';

export async function writeRecord(folder: string, { files, ...wanted }: Wanted): Promise<void> {
  const text = JSON.stringify({ ...wanted, files: Object.fromEntries(files) }, null, 2);
  await writeFile(join(folder, recordFile), `${text}\n`);
}

/** What was recorded of a model in another machine's folder of models; null where there is nothing. */
export async function readRecord(modelsDir: string, repository: string): Promise<Wanted | null> {
  const text = await readFile(join(modelsDir, repository, recordFile), 'utf8').catch(() => '');
  const record = parseJson(text);
  if (!isRecord(record) || record.repository !== repository || !isRecord(record.files)) return null;
  const files = Object.entries(record.files);
  const { task, revision } = record;
  if (!files.every((entry): entry is [string, Fingerprint] => isOwnPath(entry[0]) && isFingerprint(entry[1])))
    return null;
  return {
    repository,
    revision: String(revision),
    task: task === 'embedding' || task === 'reranking' ? task : undefined,
    files: new Map(files),
  };
}

/** The record came from elsewhere: it may name files of the model's folder only. */
function isOwnPath(path: string): boolean {
  return /^[\w.-]+(\/[\w.-]+)?$/.test(path) && !path.includes('..');
}

function isFingerprint(value: unknown): value is Fingerprint {
  return (
    isRecord(value) && (value.kind === 'sha256' || value.kind === 'git') && typeof value.hex === 'string'
  );
}
