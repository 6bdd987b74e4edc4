import { spawn } from 'node:child_process';
import type { Jail } from './jail.ts';
import { jailEnvironment } from './jail.ts';
import { watchProcess, type WatchLimits } from '../process-watch.ts';

export interface JailedRun {
  program: string;
  args: string[];
  input: Uint8Array;
  /** More than this is refused. */
  maxOutputBytes: number;
}

/** What the program wrote. @throws Error when it failed or had to be killed; `signal.reason` when that is aborted */
export async function runJailed(
  jail: Jail,
  { program, args, input, maxOutputBytes }: JailedRun,
  limits: Pick<WatchLimits, 'timeoutMs' | 'memoryBytes'>,
  signal: AbortSignal,
): Promise<Buffer> {
  signal.throwIfAborted();
  const [first, ...rest] = [...jail.command, program, ...args] as [string, ...string[]];
  // A group of its own: a signal to the group of the server must not reach it, and one to it ends all of it.
  const child = spawn(first, rest, { env: jailEnvironment, cwd: '/', detached: true });
  let failure: unknown = null;
  const kill = (reason: unknown): void => {
    failure ??= reason;
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  };
  const onAbort = (): void => kill(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  // It gives no sign before it is done: only the clock tells.
  const watch = watchProcess(child, { ...limits, stallMs: limits.timeoutMs }, kill);
  const pieces: Buffer[] = [];
  let length = 0;
  let said = '';
  child.stdout.on('data', (piece: Buffer) => {
    length += piece.length;
    if (length > maxOutputBytes) kill(new Error(`${program} writes too much`));
    else pieces.push(piece);
  });
  child.stderr.on('data', (piece: Buffer) => (said = (said + piece.toString('latin1')).slice(-2_000)));
  // A program that ends early closes the pipe; why it ended is read from its exit.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    if (failure !== null) throw failure;
    if (code !== 0) throw new Error(`${program} ended with code ${code}`, { cause: said });
    return Buffer.concat(pieces);
  } finally {
    watch.stop();
    signal.removeEventListener('abort', onAbort);
  }
}
