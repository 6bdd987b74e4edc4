import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeFolder, readIds } from './folders.ts';
import { runEval } from './run-eval.ts';

/** A process with a whole server in it; several may run at once. */
const slow = 180_000;

test(
  'the command measures a folder, writes the run and compares it with another',
  { timeout: slow },
  async () => {
    const folder = makeFolder({
      'corpus.jsonl': [
        { _id: 'a', title: '', text: 'A refractor gathers light with a lens.' },
        { _id: 'b', title: '', text: 'Sourdough needs flour, water and time.' },
      ],
      'queries.jsonl': [{ _id: 'q', text: 'What does sourdough need?' }],
      'qrels.tsv': 'q\tb\t1\n',
      'other.jsonl': [
        {
          query_id: 'q',
          results: [
            ['a', 2],
            ['b', 1],
          ],
        },
      ],
    });
    const run = join(folder, 'run.jsonl');
    const { code, out, err } = await runEval(folder, '--out', run, '--compare', join(folder, 'other.jsonl'));
    expect({ code, err }).toMatchObject({
      code: 0,
      err: expect.stringContaining('read 1 documents in 1 conversations'),
    });
    expect(out).toMatch(/R@1 +1\.000 +\[1\.000, 1\.000\]/);
    expect(out).toMatch(/R@1 +\+1\.000 .* better/);
    expect(readIds(run)).toEqual({ q: ['b'] });
  },
);

test('a folder of another shape ends it with a sentence and a failure', { timeout: slow }, async () => {
  const { code, out, err } = await runEval(makeFolder({ 'notes.txt': 'words' }));
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain('Found notes.txt.');
  expect(err).not.toContain('    at ');
});

test('help lists the options', { timeout: slow }, async () => {
  const { code, out } = await runEval('--help');
  expect(code).toBe(0);
  for (const option of [
    '--queries',
    '--scopes',
    '--replay',
    '--fuse',
    '--out',
    '--compare',
    '--embeddings',
  ]) {
    expect(out).toContain(option);
  }
});
