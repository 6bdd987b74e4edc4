import { isAlcoveError } from '@alcove/client';
import { Command, InvalidArgumentError } from 'commander';
import { readClientConfig, readEnvFile } from '../config.ts';

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
  .option(
    '-s, --strategy <name>',
    'vector, keyword or rrf_fusion',
    oneOf('vector', 'keyword', 'rrf_fusion'),
    'rrf_fusion',
  )
  .action(exitWith(async () => (await import('./ask.ts')).askCommand));
program
  .command('import')
  .description(
    'import conversations: exports from here, ChatGPT, Claude, Open WebUI, LibreChat, Chatbot UI, ShareGPT',
  )
  .argument('<files...>', 'JSON files or zip archives')
  .option('--dry-run', 'read and report, and keep nothing')
  .action(exitWith(async () => (await import('./exchange.ts')).importCommand));
program
  .command('export')
  .description('write everything of the account, or one conversation, into a file')
  .argument('<file>', 'a new file')
  .option('-c, --conversation <id>', 'this conversation alone')
  .option(
    '-f, --format <name>',
    'markdown, html, pdf, json or zip',
    oneOf('markdown', 'html', 'pdf', 'json', 'zip'),
    'zip',
  )
  .action(exitWith(async () => (await import('./exchange.ts')).exportCommand));
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
  .command('migrate-redis')
  .description('keep the chat sessions of a Redis as conversations; nothing is written to it')
  .requiredOption('--url <url>', 'redis://[user:password@]host:port[/db], rediss:// or unix socket')
  .option('--pattern <glob>', 'keys to read, as SCAN matches them', '*')
  .option('--map <file>', 'JSON that describes keys of a layout of your own')
  .option(
    '--owner <email>',
    'account for sessions that do not say whose they are; one for each when left out',
  )
  .option('--issuer <url>', 'people sign in with tokens of this issuer, whose subjects the sessions name')
  .option('--report <file>', 'a line of JSON for each key')
  .option('--dry-run', 'read and count, keep nothing')
  .action(exitWith(async () => (await import('./migrate-redis.ts')).migrateRedis));
program
  .command('doctor')
  .description('examine the installation, a line for each thing; 1 when something fails')
  .option('--repair', 'mend what can be mended without losing anything')
  .option('--json', 'print one JSON object')
  .action(exitWith(async () => (await import('./doctor.ts')).doctor));
program
  .command('setup-code')
  .description('print the code that the first account of a server needs where others reach it')
  .action(exitWith(async () => (await import('./setup-code.ts')).printSetupCode));
const models = program
  .command('models')
  .description('list the models, and whether each answers; 1 when one does not')
  .action(exitWith(async () => (await import('./models.ts')).listModels));
models
  .command('add')
  .description('install a model that runs here, and turn it on')
  .argument('<name>', 'bge-small, multilingual-e5-small, minilm-reranker, or owner/name of the hub')
  .option('--mirror <url>', 'download from there instead of the usual hub')
  .option('--from <folder>', 'copy it from there: the folder of models of another machine')
  .action(exitWith(async () => (await import('./add-model.ts')).addModel));
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
  .command('distribute')
  .description('spread the tables over the machines of Citus; what is spread already stays as it is')
  .option('--shards <n>', 'into how many parts; hard to change afterwards', shardsOf, 32)
  .option('--dry-run', 'say what would be done')
  .action(exitWith(async () => (await import('./distribute.ts')).distributeDatabase));
database
  .command('rebalance')
  .description('move parts of tables until each machine of Citus has its share, while users write')
  .action(exitWith(async () => (await import('./rebalance.ts')).rebalanceDatabase));
database
  .command('index-search')
  .description('let search over history look words up in its index on PostgreSQL; needs a superuser')
  .option('--undo', 'take it back')
  .action(exitWith(async () => (await import('./index-search.ts')).indexSearch));
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
const users = program
  .command('users')
  .description('accounts, for whoever runs the server: no e-mail and no sign-in needed');
const json = ['--json', 'print one JSON object'] as const;
users
  .command('list')
  .description('list the accounts, newest first')
  .option('--status <status>', 'active, suspended or invited', oneOf('active', 'suspended', 'invited'))
  .option(...json)
  .action(exitWith(async () => (await import('./users.ts')).listUsers));
users
  .command('create')
  .description('make an account with a password, which is printed once unless it is given')
  .argument('<email>', 'its address')
  .option('--name <name>', 'its name')
  .option('--admin', 'as an administrator')
  .option('--password-stdin', 'read the password from the standard input')
  .option(...json)
  .action(exitWith(async () => (await import('./users.ts')).createUser));
users
  .command('invite')
  .description('make an account whose owner sets the password with a link that serves once')
  .argument('<email>', 'its address')
  .option('--name <name>', 'its name')
  .option('--admin', 'as an administrator')
  .option(...json)
  .action(exitWith(async () => (await import('./users.ts')).inviteUser));
users
  .command('suspend')
  .description('sign an account out everywhere and let nobody in')
  .argument('<account>', 'its e-mail address or id')
  .option(...json)
  .action(exitWith(async () => (await import('./users.ts')).suspendUser));
users
  .command('resume')
  .description('let a suspended account sign in again')
  .argument('<account>', 'its e-mail address or id')
  .option(...json)
  .action(exitWith(async () => (await import('./users.ts')).resumeUser));
users
  .command('reset')
  .description('end the password and every session, and give a link that sets a new password once')
  .argument('<account>', 'its e-mail address or id')
  .option(...json)
  .action(exitWith(async () => (await import('./users.ts')).resetUser));
users
  .command('delete')
  .description('erase an account and everything in it')
  .argument('<account>', 'its e-mail address or id')
  .option('--yes', 'there is no way back')
  .option(...json)
  .action(exitWith(async () => (await import('./users.ts')).deleteUser));
users
  .command('quota')
  .description("set an account's own limits; default stands for the server's")
  .argument('<account>', 'its e-mail address or id')
  .option('--documents <number>', 'documents', quotaOf)
  .option('--megabytes <number>', 'size of all documents together', quotaOf)
  .option('--messages <number>', 'messages in a minute', quotaOf)
  .option(...json)
  .action(exitWith(async () => (await import('./users.ts')).setQuota));
users
  .command('retention')
  .description(
    'delete conversations of an account that have had no activity for so long; they can be restored',
  )
  .argument('<account>', 'its e-mail address or id')
  .option('--days <number>', "days, or default for the server's own (RETENTION_DAYS)", quotaOf)
  .option(...json)
  .action(exitWith(async () => (await import('./users.ts')).setRetention));
users
  .command('hold')
  .description('put an account under legal hold: nothing of it is erased, by nobody and by no time')
  .argument('<account>', 'its e-mail address or id')
  .option('--end', 'end the hold')
  .option(...json)
  .action(exitWith(async () => (await import('./users.ts')).setHold));
program
  .command('stats')
  .description('everything in the database in numbers, for whoever runs the server')
  .option('--time-zone <name>', 'of the days, as in Europe/Berlin; UTC when left out')
  .option(...json)
  .action(exitWith(async () => (await import('./oversight.ts')).showStatistics));
program
  .command('audit')
  .description('who did what, newest first, for whoever runs the server')
  .option('--limit <number>', 'lines, at most 200; 50 when left out')
  .option('--action <action>', 'such as session.started')
  .option(...json)
  .action(exitWith(async () => (await import('./oversight.ts')).showAudit));

try {
  readEnvFile();
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

function oneOf(...words: readonly string[]): (value: string) => string {
  return (value) => {
    if (words.includes(value)) return value;
    throw new InvalidArgumentError(`choose ${words.slice(0, -1).join(', ')} or ${words.at(-1)}`);
  };
}

function shardsOf(value: string): number {
  if (/^[1-9]\d{0,3}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('give a whole number up to 9999');
}

function quotaOf(value: string): number | 'default' {
  if (value === 'default') return value;
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('give a whole number, or default');
}
