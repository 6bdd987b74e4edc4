import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { moveDurably } from '../../db/durable-files.ts';
import { isRecord, parseJson } from '../json.ts';
import { writeRecord } from './install-record.ts';
import { unavailable } from '../local-source.ts';
import { download } from './download.ts';
import { matches } from './fingerprint.ts';
import type { Wanted } from './hub.ts';
import type { ModelTask } from './known-models.ts';

export interface InstallFrom {
  /** A hub or a mirror of it. */
  hub?: string;
  /** A folder with the model's files, or with those of several as `owner/name`. */
  folder?: string;
}

/** Which file is under way, bytes so far, and of all where that is known. */
export type ReportFile = (path: string, done: number, total: number | null) => void;

/** In the folder of the models: what is not whole yet. */
const unfinished = '.part';

/**
 * Puts a model into the folder of the models: each file is checked by its hash, and the folder gets its name when all of
 * them are there. @returns what the model does @throws AppError in one sentence; no model is there then
 */
export async function installModel(
  wanted: Wanted,
  from: InstallFrom,
  modelsDir: string,
  report: ReportFile,
  signal: AbortSignal,
): Promise<ModelTask> {
  const target = join(modelsDir, wanted.repository);
  const staging = join(modelsDir, unfinished, wanted.repository);
  if (!(await isWhole(target, wanted))) {
    for (const [path, fingerprint] of wanted.files) {
      const to = join(staging, path);
      if (existsSync(to) && (await matches(to, fingerprint))) continue;
      if (from.folder !== undefined) await copyChecked(from.folder, path, to, wanted);
      else {
        const hub = from.hub as string;
        const url = `${hub}/${wanted.repository}/resolve/${wanted.revision}/${path}`;
        await download({ hub, url, to, fingerprint }, (done, total) => report(path, done, total), signal);
      }
    }
    const task = wanted.task ?? (await readTask(staging));
    await writeRecord(staging, { ...wanted, task });
    await rm(target, { recursive: true, force: true });
    await mkdir(dirname(target), { recursive: true });
    await moveDurably(staging, target);
    await rm(join(modelsDir, unfinished), { recursive: true, force: true });
  }
  return wanted.task ?? (await readTask(target));
}

async function isWhole(folder: string, { files }: Wanted): Promise<boolean> {
  for (const [path, fingerprint] of files) {
    const file = join(folder, path);
    if (!existsSync(file) || !(await matches(file, fingerprint))) return false;
  }
  return true;
}

async function copyChecked(folder: string, path: string, to: string, wanted: Wanted): Promise<void> {
  const from = [join(folder, wanted.repository, path), join(folder, path)].find((file) => existsSync(file));
  if (from === undefined)
    throw unavailable(
      `${folder} does not hold ${wanted.repository}: it lacks ${path}; copy the models' folder of a machine on which it was added.`,
    );
  const fingerprint = wanted.files.get(path);
  if (fingerprint !== undefined && !(await matches(from, fingerprint)))
    throw unavailable(`${from} is not the file that it should be (its hash is another): copy it anew.`);
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, `${to}.part`);
  await moveDurably(`${to}.part`, to);
}

async function readTask(folder: string): Promise<ModelTask> {
  const config = parseJson(await readFile(join(folder, 'config.json'), 'utf8'));
  const named = isRecord(config) && Array.isArray(config.architectures) ? config.architectures : [];
  return named.some((name) => String(name).includes('ForSequenceClassification')) ? 'reranking' : 'embedding';
}
