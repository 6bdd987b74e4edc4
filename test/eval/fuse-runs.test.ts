import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hasSharedData, sharedPath } from '../formats/shared-data.ts';
import { makeFolder, readIds } from './folders.ts';
import { runEval } from './run-eval.ts';

const run = (ids: string[]) => [{ query_id: 'q', results: ids.map((id, at) => [id, 1 / (at + 1)]) }];

test('a weight decides which run prevails, and a list of weights makes a table', async () => {
  const folder = makeFolder({
    'queries.jsonl': [],
    'qrels.tsv': 'q\tb\t1\n',
    'one.jsonl': run(['a', 'b']),
    'two.jsonl': run(['b', 'a']),
  });
  const out = join(folder, 'fused.jsonl');
  expect((await runEval(folder, '--fuse', 'one.jsonl:0.3', 'two.jsonl:1', '--out', out)).code).toBe(0);
  expect(readIds(out)).toEqual({ q: ['b', 'a'] });
  const table = await runEval(folder, '--fuse', 'one.jsonl:1', 'two.jsonl:0.5,2');
  expect(table.out).toMatch(/weights 1 : 0\.5 .*R@1 0\.000/);
  expect(table.out).toMatch(/weights 1 : 2 .*R@1 1\.000/);
});

describe.skipIf(!hasSharedData)('beside the reference scripts', () => {
  const folder = sharedPath('data/mtrag/fiqa');
  const runs = ['runs/bm25_es.lastturn.jsonl.gz', 'runs/bge_base_1.5.lastturn.jsonl.gz'] as const;

  test('ranks and scores are those of the reference fusion', async () => {
    const into = makeFolder({});
    const [ours, theirs] = [join(into, 'ours.jsonl'), join(into, 'theirs.jsonl')];
    expect(
      (await runEval(folder, '--fuse', `${runs[0]}:0.3`, `${runs[1]}:1`, '--depth', '10', '--out', ours))
        .code,
    ).toBe(0);
    const paths = [`${join(folder, runs[0])}:0.3`, `${join(folder, runs[1])}:1`];
    execFileSync(process.execPath, [sharedPath('eval/fuse.mjs'), theirs, ...paths, '--depth', '10']);
    const sorted = (path: string) => readFileSync(path, 'utf8').trim().split('\n').toSorted();
    expect(sorted(ours)).toEqual(sorted(theirs));
  });

  test('scores are those of the reference scorer', async () => {
    const { out } = await runEval(folder, '--queries', 'lastturn', '--fuse', `${runs[0]}:1`);
    const script = [sharedPath('eval/score.mjs'), join(folder, runs[0]), join(folder, 'qrels.tsv'), '--json'];
    const expected = JSON.parse(execFileSync(process.execPath, script).toString()) as Record<string, number>;
    for (const metric of ['R@1', 'R@5', 'R@10', 'nDCG@5', 'nDCG@10', 'MRR@10']) {
      expect(out).toContain(`${metric} ${(expected[metric] ?? Number.NaN).toFixed(3)}`);
    }
  });
});
