import { readFile, writeFile } from 'node:fs/promises';
import { contextOf } from './context.ts';
import type { DatabaseKind, Part, Scenario } from './scenario.ts';

/** What broke a promise once, and is lived through again by the tests. */
export interface KeptSeed {
  scenario: string;
  /** Where it broke; the choices are drawn for it. */
  database: DatabaseKind;
  seed: number;
  isSmoke: boolean;
  /** What is enough to live through; null for all of the scenario. */
  part: Part | null;
}

const list = new URL('./seeds.json', import.meta.url);

export async function readSeeds(file: URL | string = list): Promise<KeptSeed[]> {
  return JSON.parse(await readFile(file, 'utf8')) as KeptSeed[];
}

/** Adds them to the list, each once. One after the other. */
export async function keepSeeds(kept: readonly KeptSeed[], file: URL | string = list): Promise<void> {
  const all = new Map([...(await readSeeds(file)), ...kept].map((one) => [JSON.stringify(one), one]));
  await writeFile(file, `${JSON.stringify([...all.values()], null, 2)}\n`);
}

/** The same choices again, on any database that the scenario has. @throws as the scenario, where it breaks a promise */
export async function replay(
  { seed, isSmoke, database, part }: KeptSeed,
  scenario: Scenario,
  on: { database: DatabaseKind; serverUrl: string | null },
): Promise<void> {
  const drawn = contextOf({ name: scenario.name, database, seed, minutes: scenario.minutes, isSmoke });
  await scenario.run({ ...drawn, ...on, only: part });
}
