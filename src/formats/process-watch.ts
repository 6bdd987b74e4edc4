import type { ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { AppError } from '../errors.ts';
import { parserPid } from './parser-process.ts';

/** Often enough that a child which allocates a gigabyte in a second is caught on the way. */
const pollMs = 50;
/** Clock ticks per second in /proc, 100 on every Linux. */
const ticksPerSecond = 100;
const pageBytes = 4096;

export interface WatchLimits {
  timeoutMs: number;
  stallMs: number;
  memoryBytes: number;
}

/** Watches time and memory of a child; calls `kill` with the reason at the first limit it passes. */
export function watchProcess(
  child: ChildProcess,
  limits: WatchLimits,
  kill: (reason: AppError) => void,
): { signOfLife(): void; stop(): void } {
  let usedAtLastSign = 0;
  let wallAtLastSign = performance.now();
  let used: number | null = null;
  const timeout = setTimeout(() => {
    kill(tooComplex(`takes longer than ${Math.round(limits.timeoutMs / 1000)} seconds to read`));
  }, limits.timeoutMs).unref();
  const poll = setInterval(() => {
    readUsage(parserPid(child.pid)).then(
      (usage) => {
        used = usage.cpuMs;
        if (usage.memoryBytes > limits.memoryBytes) kill(tooComplex('needs more memory than is allowed'));
        if (usage.cpuMs - usedAtLastSign > limits.stallMs) kill(stalled());
      },
      () => {
        // No /proc on this system, or the child has just ended: by the wall clock, with room for a busy machine.
        if (used === null && performance.now() - wallAtLastSign > 4 * limits.stallMs) kill(stalled());
      },
    );
  }, pollMs).unref();
  return {
    signOfLife() {
      usedAtLastSign = used ?? 0;
      wallAtLastSign = performance.now();
    },
    stop() {
      clearTimeout(timeout);
      clearInterval(poll);
    },
  };
}

/** Processor time and resident memory. */
async function readUsage(pid: number | undefined): Promise<{ cpuMs: number; memoryBytes: number }> {
  const [stat, statm] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'latin1'),
    readFile(`/proc/${pid}/statm`, 'latin1'),
  ]);
  // The second field is the name in brackets and may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return { cpuMs: (ticks / ticksPerSecond) * 1000, memoryBytes: Number(statm.split(' ')[1]) * pageBytes };
}

function stalled(): AppError {
  return tooComplex('holds a part that takes too long to read');
}

function tooComplex(what: string): AppError {
  return new AppError(
    'document_too_complex',
    `The document ${what}. Split it or save it in a simpler form, and upload the result.`,
  );
}
