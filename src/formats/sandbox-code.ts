import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { nodeCommand } from './sandbox-command.ts';
import { loadOnly } from './sandbox-frames.ts';

/** Compiled code of the scripts that children run; without it a child spends most of its time on reading our source. */
export interface CompiledCode {
  /** Counts a job of the script. @returns the folder with its code, or null while there is none */
  folderFor(script: URL): string | null;
}

/** Compiling takes as long as a job: a process that reads one document does not need it. */
const compiledAtJob = 2;

/**
 * Keeps compiled code in a folder of this process, which goes with it. Only a child that loads the script and ends
 * writes there; those that meet documents have no right to, or one document could leave code to the next.
 */
export function keepCompiledCode(makeFolder: () => Promise<string>, heapMegabytes: number): CompiledCode {
  const jobs = new Map<string, number>();
  const ready = new Map<string, string>();
  let folder: Promise<string> | undefined;

  async function compile(script: URL): Promise<void> {
    const path = await (folder ??= makeFolder().then(removedAtExit));
    const [program, ...args] = nodeCommand(script, heapMegabytes, path) as [string, ...string[]];
    const env = { NODE_COMPILE_CACHE: path };
    const child = spawn(program, [...args, loadOnly], { env, stdio: 'ignore', cwd: '/' });
    child.unref();
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code === 0) ready.set(script.href, path);
  }

  return {
    folderFor(script) {
      const count = (jobs.get(script.href) ?? 0) + 1;
      jobs.set(script.href, count);
      // Without it children only take longer.
      if (count === compiledAtJob) compile(script).catch(() => {});
      return ready.get(script.href) ?? null;
    },
  };
}

function removedAtExit(folder: string): string {
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
