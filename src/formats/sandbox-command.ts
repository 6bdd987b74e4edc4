import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { knowsChildren } from './parser-process.ts';

/** The first three are programs; the fourth is another name space of `unshare`. */
export type ConfinementName = 'prlimit' | 'unshare' | 'setpriv' | 'processes';

/** A way to start a program with fewer rights. */
export interface Confinement {
  name: ConfinementName;
  /** The program and its arguments; what is to be run follows. */
  command: string[];
}

const programFolders = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/usr/local/bin'];

export interface CommandLimits {
  cpuSeconds: number;
  dataBytes: number;
}

/**
 * The confinements that work on this machine. Containers often forbid new name spaces, and other
 * systems than Linux have none of the programs; the sandbox then rests on Node's permissions alone.
 */
export async function findConfinements(
  limits: CommandLimits,
  folders: readonly string[] = programFolders,
): Promise<Confinement[]> {
  const candidates: Confinement[] = [
    // No byte into any file, and 64 descriptors: the child speaks through pipes and needs few.
    {
      name: 'prlimit',
      command: [
        'prlimit',
        `--cpu=${limits.cpuSeconds}`,
        `--data=${limits.dataBytes}`,
        '--fsize=0',
        '--nofile=64',
        '--core=0',
      ],
    },
    // A network of its own, in which nothing can be reached, and shared memory and queues of its own.
    { name: 'unshare', command: ['unshare', '-rn', '--ipc'] },
    // Killed with its parent, even in the middle of a computation. After `unshare`, which would clear it.
    { name: 'setpriv', command: ['setpriv', '--no-new-privs', '--pdeathsig', 'KILL'] },
  ];
  // Processes of its own: no other one has a number that a signal could be sent to.
  if (knowsChildren())
    candidates.push({
      name: 'processes',
      command: ['unshare', '--pid', '--fork', '--kill-child=KILL'],
    });
  const present = candidates.flatMap((candidate) => withPath(candidate, folders) ?? []);
  // One look is enough where all of them work, as on most machines.
  if (present.length > 0 && (await works(present))) return present;
  const working: Confinement[] = [];
  for (const confinement of present) if (await works([...working, confinement])) working.push(confinement);
  return working;
}

/**
 * The command line of Node for a script of ours: it may read the source, the packages and the packed table of tokens, and nothing else.
 * @param codeFolder compiled code; Node uses it only where it might write, so who loads it drops that right
 */
export function nodeCommand(script: URL, heapMegabytes: number, codeFolder: string | null): string[] {
  const code = codeFolder === null ? [] : [`${codeFolder}/`];
  return [
    process.execPath,
    '--permission',
    ...[fileURLToPath(script), ...readable(), ...code].map((path) => `--allow-fs-read=${path}`),
    ...code.map((path) => `--allow-fs-write=${path}`),
    `--max-old-space-size=${heapMegabytes}`,
    '--disable-warning=ExperimentalWarning',
    fileURLToPath(script),
  ];
}

/** Together with those before it: the later ones need what `unshare` gives. */
async function works(confinements: Confinement[]): Promise<boolean> {
  const [program, ...rest] = confinements.flatMap(({ command }) => command) as [string, ...string[]];
  return await new Promise((resolve) => {
    execFile(program, [...rest, process.execPath, '--version'], { timeout: 10_000, env: {} }, (error) =>
      resolve(error === null),
    );
  });
}

function withPath(
  { name, command: [program, ...rest] }: Confinement,
  folders: readonly string[],
): Confinement | null {
  const path = findProgram(program as string, folders);
  return path === null ? null : { name, command: [path, ...rest] };
}

/** The child gets no PATH, so every program is named in full. */
function findProgram(name: string, folders: readonly string[]): string | null {
  for (const folder of folders) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not here: the next folder.
    }
  }
  return null;
}

function readable(): string[] {
  const source = dirname(dirname(fileURLToPath(import.meta.url)));
  const project = dirname(source);
  const packages = createRequire(import.meta.url)
    .resolve('pdfjs-dist/package.json')
    .split('/pdfjs-dist/')[0] as string;
  return [`${source}/`, join(project, 'package.json'), join(project, 'build', 'tokens-*'), `${packages}/`];
}
