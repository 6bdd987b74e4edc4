import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Outcome } from '../../torture/report.ts';
import { noteInReport } from '../../torture/report-files.ts';
import { scenarios } from '../../torture/scenarios.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'alcove-report-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('a scenario that runs again replaces its row on that database and no other', async () => {
  await noteInReport(folder, outcome('scale', 'postgres', 1, { lists: 10 }));
  await noteInReport(folder, {
    ...outcome('kill', 'pglite', 1, {}),
    state: 'broken',
    reason: 'a message is lost',
  });
  await noteInReport(folder, outcome('kill', 'postgres', 1, { kills: 100 }));
  await noteInReport(folder, outcome('kill', 'pglite', 2, { kills: 120 }));

  const { outcomes } = JSON.parse(await readFile(join(folder, 'reliability.json'), 'utf8')) as {
    outcomes: Outcome[];
  };
  expect(outcomes.map(({ name, database, run }) => [name, database, run.seed])).toEqual([
    ['kill', 'pglite', 2],
    ['kill', 'postgres', 1],
    ['scale', 'postgres', 1],
  ]);
  const table = await readFile(join(folder, 'reliability.md'), 'utf8');
  expect(table).toContain('220 kills');
  expect(table).not.toContain('is lost');
});

test('the report says why a scenario has one database alone', async () => {
  for (const { name, databases, whyAlone } of scenarios)
    expect(whyAlone === undefined, name).toBe(databases.length === 2);
  const whyAlone = 'the other has no wire';
  await noteInReport(folder, { ...outcome('clocks', 'postgres', 1, {}), whyAlone });
  expect(await readFile(join(folder, 'reliability.md'), 'utf8')).toContain(`alone: ${whyAlone} |`);
});

function outcome(
  name: string,
  database: Outcome['database'],
  seed: number,
  figures: Outcome['figures'],
): Outcome {
  const run = { date: '2026-01-01', commit: 'abc', machine: 'one', seed, isSmoke: false };
  const text = { checks: ['P1'], promise: 'It holds', protocol: 'it is tried', reason: null };
  return { name, database, state: 'held', figures, seconds: 1, run, ...text };
}
