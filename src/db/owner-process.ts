import { readFile } from 'node:fs/promises';

/** A process as others on the machine can tell it: its id may be given to another one after its end. */
export interface OwnerProcess {
  pid: number;
  /** Ticks since boot at which it started; null where the system does not tell. */
  started: string | null;
}

export async function thisProcess(): Promise<OwnerProcess> {
  return { pid: process.pid, started: await startTime(process.pid) };
}

export async function isAlive(owner: OwnerProcess): Promise<boolean> {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  // Our own id from an earlier life (a container's process 1) is told by its start time.
  const now = await startTime(owner.pid);
  return now === null || owner.started === null || now === owner.started;
}

async function startTime(pid: number): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
