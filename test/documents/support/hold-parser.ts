import { readdir, readFile } from 'node:fs/promises';
import { loadOnly } from '../../../src/formats/sandbox-frames.ts';
import { until } from '../../answers/support/until.ts';

/** A parser that stands still: its process and those that started it are stopped. */
export interface HeldParser {
  /** Lets it go on. */
  release(): void;
  /** Resolves when the server has ended it. */
  ended(): Promise<unknown>;
}

/** Stops the next parser that a server in this process starts, before it has read anything. */
export async function holdParser(): Promise<HeldParser> {
  const known = await parsers();
  const pids = await until(
    'a parser has started',
    async () => {
      const stopped = await stopAllBut(known);
      // What stands still starts nothing, but one may have started another in the meantime.
      return stopped.length > 0 && stopAllBut(known);
    },
    20_000,
    // Node takes longer than this before it reads anything.
    10,
  );
  return {
    release() {
      for (const pid of pids) signalTo(pid, 'SIGCONT');
    },
    ended: () =>
      until('the parser is gone', async () => !(await parsers()).some((pid) => pids.includes(pid)), 20_000),
  };
}

async function stopAllBut(known: readonly number[]): Promise<number[]> {
  const fresh = (await parsers()).filter((pid) => !known.includes(pid));
  for (const pid of fresh) signalTo(pid, 'SIGSTOP');
  return fresh;
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}

/** Processes below this one that run the parser's script, or are about to; not the one that only loads it. */
async function parsers(): Promise<number[]> {
  const below = await descendants(process.pid);
  const commands = await Promise.all(
    below.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return below.filter((_, at) => {
    const command = commands[at] ?? '';
    return command.includes('documents/prepare-child.ts') && !command.endsWith(`\0${loadOnly}\0`);
  });
}

async function descendants(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'utf8').catch(() => '')),
  );
  const children = lists.flatMap((list) =>
    list
      .split(' ')
      .filter((id) => id !== '')
      .map(Number),
  );
  const further = await Promise.all(children.map(descendants));
  return [...children, ...further.flat()];
}
