import { isAlcoveError } from '@alcove/client';
import { Command, InvalidArgumentError } from 'commander';
import { readClientConfig } from '../config.ts';

// Whoever reads has seen enough, as `head` has after some lines: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

const program = new Command('alcove')
  .description('Conversations that keep their own documents')
  .configureOutput({ outputError: (text, write) => write(oneSentence(text)) })
  .exitOverride();

program
  .command('serve')
  .description('serve the API, the web app and the worker')
  .action(exitWith(async () => (await import('./serve.ts')).serve));
program
  .command('demo')
  .description('ask a bundled report three questions, on a database of its own')
  .action(exitWith(async () => (await import('./demo.ts')).demo));
program
  .command('upload')
  .description('upload files into a conversation and wait until they are read')
  .argument('<files...>', 'paths of the files')
  .option('-c, --conversation <id>', 'the conversation; a new one when left out')
  .action(exitWith(async () => (await import('./upload.ts')).uploadCommand));
program
  .command('ask')
  .description('ask a question and print the cited answer as it comes')
  .argument('<question>', 'the question')
  .option('-c, --conversation <id>', 'the conversation; a new one when left out')
  .option('-s, --strategy <name>', 'vector, keyword or rrf_fusion', strategyName, 'rrf_fusion')
  .action(exitWith(async () => (await import('./ask.ts')).askCommand));
program
  .command('backup')
  .description('write the database and the originals into one file, and read it back; the server may run')
  .argument('<file>', 'a new file')
  .option('--allow-missing', 'keep the rest when an original is missing or damaged')
  .action(exitWith(async () => (await import('./backup.ts')).backup));
program
  .command('restore')
  .description('put a backup into the configured database and data folder')
  .argument('<file>', 'a backup')
  .option('--replace', 'lose what the database holds now, and move its originals aside')
  .option('--verify-only', 'read the backup to its end and change nothing')
  .action(exitWith(async () => (await import('./restore.ts')).restore));
program
  .command('doctor')
  .description('examine the installation, a line for each thing; 1 when something fails')
  .option('--repair', 'mend what can be mended without losing anything')
  .option('--json', 'print one JSON object')
  .action(exitWith(async () => (await import('./doctor.ts')).doctor));
const database = program.command('db').description('the database');
database
  .command('migrate')
  .description('bring the database to this version and stop')
  .action(exitWith(async () => (await import('./migrate.ts')).migrateDatabase));
database
  .command('repair')
  .description('make roles, policies and grants anew, as after a dump that was restored without them')
  .action(exitWith(async () => (await import('./repair.ts')).repairDatabase));
database
  .command('adopt')
  .description('say that the data folder and the database belong together, when a start refuses them')
  .action(exitWith(async () => (await import('./adopt.ts')).adopt));
const admin = program.command('admin').description('administrators, named by whoever runs the server');
admin
  .command('grant')
  .description('make an account an administrator')
  .argument('<account>', 'its e-mail address or id')
  .action(exitWith(async () => (await import('./admin.ts')).grantAdmin));
admin
  .command('revoke')
  .description('make an administrator an ordinary user')
  .argument('<account>', 'its e-mail address or id')
  .action(exitWith(async () => (await import('./admin.ts')).revokeAdmin));
admin
  .command('list')
  .description('list the administrators')
  .action(exitWith(async () => (await import('./admin.ts')).listAdmins));

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

/** Loads a command when it is called, and only that one; it resolves with the exit code and throws what it cannot do. */
function exitWith<Args extends unknown[]>(
  load: () => Promise<(...args: Args) => Promise<number>>,
): (...args: Args) => Promise<void> {
  return async (...args) => {
    const command = await load();
    process.exitCode = await command(...args);
  };
}

function exitCodeOf(error: unknown): number {
  // Commander has printed its own message already.
  const code = (error as { exitCode?: unknown }).exitCode;
  if (typeof code === 'number') return code;
  if (isAlcoveError(error, 'network'))
    console.error(
      `There is no server at ${readClientConfig().url}: start one with "npm start", or set ALCOVE_URL to where it is.`,
    );
  else console.error(error instanceof Error ? error.message : String(error));
  return 1;
}

/** Commander says what is wrong and what it may have meant on two lines. */
function oneSentence(text: string): string {
  const [what = '', hint] = text
    .replace(/^error: /, '')
    .trimEnd()
    .split('\n');
  const meant = hint === undefined ? '' : `: ${hint.replace(/^\(Did/, 'did').replace(/\)$/, '')}`;
  return `${what.charAt(0).toUpperCase()}${what.slice(1)}${meant}\n`;
}

function strategyName(value: string): string {
  if (['vector', 'keyword', 'rrf_fusion'].includes(value)) return value;
  throw new InvalidArgumentError('choose vector, keyword or rrf_fusion');
}
