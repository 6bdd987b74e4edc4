/** `npm run eval -- FOLDER`: how good retrieval is, through the code and the store that serve users. */
import { EvalError } from './eval-error.ts';
import { fuseRuns } from './fuse-runs.ts';
import { measure } from './measure.ts';
import type { Evaluation } from './metrics.ts';
import { type EvalOptions, help, readOptions } from './options.ts';
import { foldersOf, readCollections } from './read-collections.ts';
import { replay } from './replay.ts';
import { print, printLine } from './report.ts';
import { startServer } from './server.ts';

try {
  const options = readOptions(process.argv.slice(2));
  if (options === null) print(help);
  else if (options.fuse !== undefined) fuseRuns(options);
  else await run(options);
} catch (error) {
  if (!(error instanceof EvalError)) throw error;
  process.stderr.write(`${error.message}\n\n${help.split('\n')[0] ?? ''}\nnpm run eval -- --help tells more.\n`);
  process.exitCode = 2;
}

async function run(options: EvalOptions): Promise<void> {
  const isSeveral = foldersOf(options.folder).length > 1;
  const all: [string, Evaluation][] = [];
  const server = await startServer(options);
  try {
    for (const collection of readCollections(options)) {
      const scores = options.replay
        ? await replay(server.client, collection, options, isSeveral)
        : await measure(server.client, collection, options, isSeveral);
      if (scores !== null) all.push([collection.name, scores]);
    }
  } finally {
    await server.close();
  }
  if (isSeveral) print('');
  for (const [name, scores] of all) printLine(name, scores);
}
