import { readFile, writeFile } from 'node:fs/promises';
import type { MissingLayer } from './layers.ts';

/** A world whose history broke a promise once: lived through again by `npm test`. */
export interface KeptSeed {
  seed: number;
  /** The most commands that its history could have. */
  commands: number;
  layer: MissingLayer;
}

const list = new URL('../../test/isolation/seeds.json', import.meta.url);

export async function readSeeds(file: URL | string = list): Promise<KeptSeed[]> {
  return JSON.parse(await readFile(file, 'utf8')) as KeptSeed[];
}

/** Adds it to the list, once. */
export async function keepSeed(kept: KeptSeed, file: URL | string = list): Promise<void> {
  const all = await readSeeds(file);
  const isKnown = all.some(({ seed, layer }) => seed === kept.seed && layer === kept.layer);
  if (isKnown) return;
  const lines = [...all, kept].map(
    ({ seed, commands, layer }) => `  { "seed": ${seed}, "commands": ${commands}, "layer": "${layer}" }`,
  );
  await writeFile(file, `[\n${lines.join(',\n')}\n]\n`);
}
