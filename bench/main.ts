/** `npm run bench -- COMMAND`: what Alcove costs, against peers and limits that are measured in the same run. */
import { type BenchOptions, readOptions } from './options.ts';
import { describeMachine, printTable, type Table, writeReport } from './report.ts';

interface Command {
  summary: string;
  run(options: BenchOptions): Promise<AsyncGenerator<Table>>;
}

const commands: Record<string, Command> = {
  smoke: {
    summary: 'a little of everything, under 3 minutes',
    run: async (options) => (await import('./smoke.ts')).smoke(options),
  },
  append: {
    summary: 'a message, against a bare INSERT',
    run: async (options) => (await import('./append.ts')).append(options),
  },
  list: {
    summary: '10,000 conversations, listed during writes',
    run: async (options) => (await import('./list.ts')).list(options),
  },
  search: {
    summary: '200,000 messages of one account, searched',
    run: async (options) => (await import('./search.ts')).search(options),
  },
  life: {
    summary: 'a fork at 5,000 passages, and a question to 300,000 of one account',
    run: async (options) => (await import('./life.ts')).life(options),
  },
  ingest: {
    summary: 'a filing of 500 pages, from upload to searchable',
    run: async (options) => (await import('./ingest.ts')).ingest(options),
  },
  pooler: {
    summary: 'reads and writes through PgBouncer, beside direct ones',
    run: async (options) => (await import('./pooler.ts')).pooler(options),
  },
  citus: {
    summary: 'calls of one person on PostgreSQL, on Citus with one node and with two workers',
    run: async (options) => (await import('./citus.ts')).citus(options),
  },
  streams: {
    summary: '1,000 answers at once, 20 events a second each',
    run: async (options) => (await import('./streams.ts')).streams(options),
  },
  day: {
    summary: '200 people at once for 10 minutes, and as much as there can be',
    run: async (options) => (await import('./day.ts')).day(options),
  },
  million: {
    summary: 'one conversation, its account and its server beside 1,000,000 passages of others',
    run: async (options) => (await import('./million.ts')).million(options),
  },
  memory: {
    summary: 'the memory that 100 to 10,000 conversations take once they were asked',
    run: async (options) => (await import('./memory.ts')).memory(options),
  },
  web: {
    summary: 'a long list and a long chat in a browser, beside short ones',
    run: async (options) => (await import('./web.ts')).web(options),
  },
  retrieval: {
    summary: 'search beside other ways to do it, at 300,000 chunks',
    run: async (options) => (await import('./retrieval.ts')).retrieval(options),
  },
};

const { command: name, options } = readOptions(process.argv.slice(2), process.env);
const command = name === undefined ? undefined : commands[name];
if (command === undefined) {
  console.error(
    'npm run bench -- COMMAND [--database URL] [--out FILE] [--quick] [--seed N] [--profile FOLDER]\n',
  );
  for (const [each, { summary }] of Object.entries(commands))
    console.error(`  ${each.padEnd(10)} ${summary}`);
  process.exitCode = 1;
} else {
  await runCommand(command, options);
}

async function runCommand(command: Command, options: BenchOptions): Promise<void> {
  const started = performance.now();
  const machine = Object.entries(describeMachine()).map(([key, value]) => `${key} ${value}`);
  console.log(machine.join(', '));
  let stopping = false;
  // What a command has put up it takes down itself; killed at once it would leave databases behind.
  process.once('SIGINT', () => {
    stopping = true;
    console.log('Stopping after the table that is being measured; once more to stop at once.');
  });
  const tables: Table[] = [];
  for await (const table of await command.run(options)) {
    printTable(table);
    tables.push(table);
    if (stopping) break;
  }
  if (options.out !== null) {
    writeReport(options.out, `npm run bench -- ${process.argv.slice(2).join(' ')}`, tables);
  }
  console.log(`\n${Math.round((performance.now() - started) / 1000)} s`);
}
