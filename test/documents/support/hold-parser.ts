import { readdirSync, readFileSync } from 'node:fs';
import { loadOnly } from '../../../src/formats/sandbox-frames.ts';
import { until } from '../../answers/support/until.ts';

/** A parser that stands still: its process and those that started it are stopped. */
export interface HeldParser {
  /** Lets it go on. */
  release(): void;
  /** Resolves when the server has ended it. */
  ended(): Promise<unknown>;
}

/** Stops the next parser that a server in this process starts from the call on, before it has read anything. */
export async function holdParser(): Promise<HeldParser> {
  // Without a wait: the caller goes on to what starts one.
  const known = parsers();
  const held = new Set<number>();
  await until(
    'a parser has started',
    () => {
      const before = held.size;
      // One look may miss a process that is just becoming another: each that was ever stopped is let go again.
      for (const pid of stopAllBut(known)) held.add(pid);
      // What stands still starts nothing, but one may have started another in the meantime.
      return before > 0 && held.size === before;
    },
    20_000,
    // Node takes longer than this before it reads anything.
    10,
  );
  return {
    release() {
      for (const pid of held) signalTo(pid, 'SIGCONT');
    },
    ended: () => until('the parser is gone', () => !parsers().some((pid) => held.has(pid)), 20_000),
  };
}

function stopAllBut(known: readonly number[]): number[] {
  const fresh = parsers().filter((pid) => !known.includes(pid));
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
function parsers(): number[] {
  return descendants(process.pid).filter((pid) => {
    const command = readOrNothing(`/proc/${pid}/cmdline`);
    return command.includes('documents/prepare-child.ts') && !command.endsWith(`\0${loadOnly}\0`);
  });
}

function descendants(pid: number): number[] {
  const children = threadsOf(pid).flatMap((thread) =>
    readOrNothing(`/proc/${pid}/task/${thread}/children`).split(' ').filter(Boolean).map(Number),
  );
  return [...children, ...children.flatMap(descendants)];
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** Of a process that has ended there is none. */
function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
