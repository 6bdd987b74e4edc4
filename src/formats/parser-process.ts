import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const graceMs = 500;

/** Whether this system tells the children of a process. */
export function knowsChildren(): boolean {
  return existsSync(childrenOf(process.pid));
}

/**
 * The process that parses. Most programs before Node replace themselves by the next one, so that it is the one that was
 * spawned; the one that makes a name space of processes stays, and has Node for its only child.
 */
export function parserPid(spawned: number | undefined): number | undefined {
  if (spawned === undefined) return undefined;
  try {
    const [first] = readFileSync(childrenOf(spawned), 'latin1').split(' ', 1);
    return first === undefined || first === '' ? spawned : Number(first);
  } catch {
    // It has ended, or this system does not tell.
    return spawned;
  }
}

/** Kills the parser itself: the program before it sees it end, and leaves no zombie to a container without an init. */
export function killParser(child: ChildProcess): void {
  const pid = child.exitCode === null && child.signalCode === null ? parserPid(child.pid) : undefined;
  try {
    if (pid === undefined || pid === child.pid) return void child.kill('SIGKILL');
    process.kill(pid, 'SIGKILL');
    // The program before it may itself stand still.
    const rest = setTimeout(() => child.kill('SIGKILL'), graceMs).unref();
    child.once('exit', () => clearTimeout(rest));
  } catch {
    // It ended in between, and the one before it ends for that.
    child.kill('SIGKILL');
  }
}

function childrenOf(pid: number): string {
  return `/proc/${pid}/task/${pid}/children`;
}
