import { Command, InvalidArgumentError } from 'commander';
import { adopt } from './adopt.ts';
import { askCommand } from './ask.ts';
import { demo } from './demo.ts';
import { migrateDatabase } from './migrate.ts';
import { serve } from './serve.ts';
import { uploadCommand } from './upload.ts';

const program = new Command('alcove')
  .description('Conversations that keep their own documents')
  .showHelpAfterError()
  .exitOverride();

program.command('serve').description('serve the API, the web app and the worker').action(exitWith(serve));
program
  .command('demo')
  .description('ask a bundled report three questions, on a database of its own')
  .action(exitWith(demo));
program
  .command('upload')
  .description('upload files into a conversation and wait until they are read')
  .argument('<files...>', 'paths of the files')
  .option('-c, --conversation <id>', 'the conversation; a new one when left out')
  .action(exitWith(uploadCommand));
program
  .command('ask')
  .description('ask a question and print the cited answer as it comes')
  .argument('<question>', 'the question')
  .option('-c, --conversation <id>', 'the conversation; a new one when left out')
  .option('-s, --strategy <name>', 'vector, keyword or rrf_fusion', strategyName, 'rrf_fusion')
  .action(exitWith(askCommand));
const database = program.command('db').description('the database');
database
  .command('migrate')
  .description('bring the database to this version and stop')
  .action(exitWith(migrateDatabase));
database
  .command('adopt')
  .description('say that the data folder and the database belong together, when a start refuses them')
  .action(exitWith(adopt));

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

/** Commands resolve with their exit code and throw what they cannot do. */
function exitWith<Args extends unknown[]>(
  command: (...args: Args) => Promise<number>,
): (...args: Args) => Promise<void> {
  return async (...args) => {
    process.exitCode = await command(...args);
  };
}

function exitCodeOf(error: unknown): number {
  // Commander has printed its own message already.
  const code = (error as { exitCode?: unknown }).exitCode;
  if (typeof code === 'number') return code;
  console.error(error instanceof Error ? error.message : String(error));
  return 1;
}

function strategyName(value: string): string {
  if (['vector', 'keyword', 'rrf_fusion'].includes(value)) return value;
  throw new InvalidArgumentError('choose vector, keyword or rrf_fusion');
}
