import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder of real documents beside the repository; nothing of it is part of the project. */
const folder = fileURLToPath(new URL('../../../shared/', import.meta.url));

export const hasSharedData = existsSync(`${folder}data/manifest.json`);

if (!hasSharedData)
  console.warn('skipped: ../shared/data is not here, so documents of others are not measured');

export interface Entry {
  /** Relative to the data folder. */
  file: string;
  expected?: string;
  password?: string;
}

export function sharedPath(path: string): string {
  return `${folder}${path}`;
}

export function readShared(path: string): Buffer {
  return readFileSync(sharedPath(path));
}

/** Documents of one folder, without the texts that are expected of them. */
export function entriesOf(name: string): Entry[] {
  if (!hasSharedData) return [];
  const { entries } = JSON.parse(readShared('data/manifest.json').toString()) as { entries: Entry[] };
  return entries.filter(({ file }) => file.startsWith(`${name}/`) && !/\.expected\./.test(file));
}

export interface Recall {
  recall: number;
  expected: number;
}

/** The reference measure, read from where it lies so that the type checker does not look for it. */
export async function loadRecall(): Promise<{
  compare(extracted: string, expected: string): Recall;
  stripMarkup(text: string, extension: string): string;
}> {
  const path: string = sharedPath('eval/text_recall.mjs');
  return await import(path);
}
