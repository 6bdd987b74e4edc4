import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { childEnvironment, childFlags } from './child-environment.ts';

const root = resolve(import.meta.dirname, '../..');

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** `npm run alcove -- …` in a process of its own. */
export function runCli(args: string[], env: Record<string, string>, timeoutMs = 120_000): Promise<Ended> {
  return new Promise((done) => {
    const child = execFile(
      process.execPath,
      [...childFlags, 'src/cli/main.ts', ...args],
      {
        cwd: root,
        env: { ...childEnvironment(), ...env },
        timeout: timeoutMs,
        maxBuffer: 64 * 1024 * 1024,
      },
      (_error, stdout, stderr) => done({ code: child.exitCode, stdout, stderr }),
    );
  });
}
