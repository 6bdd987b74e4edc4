import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A way to start a program with fewer rights. */
export interface Confinement {
  name: 'prlimit' | 'unshare' | 'setpriv';
  /** The program and its arguments; what is to be run follows. */
  command: string[];
}

export interface CommandLimits {
  cpuSeconds: number;
  dataBytes: number;
}

/**
 * The confinements that work on this machine. Containers often forbid new name spaces, and other
 * systems than Linux have none of the three; the sandbox then rests on Node's permissions alone.
 */
export async function findConfinements(limits: CommandLimits): Promise<Confinement[]> {
  const candidates: Confinement[] = [
    // Files of at most 64 MB and 64 descriptors: the child writes none and needs few.
    {
      name: 'prlimit',
      command: [
        'prlimit',
        `--cpu=${limits.cpuSeconds}`,
        `--data=${limits.dataBytes}`,
        '--fsize=67108864',
        '--nofile=64',
        '--core=0',
      ],
    },
    // A network of its own, in which nothing can be reached.
    { name: 'unshare', command: ['unshare', '-rn'] },
    // Killed with its parent, even in the middle of a computation. Last, since unshare would clear it.
    { name: 'setpriv', command: ['setpriv', '--pdeathsig', 'KILL'] },
  ];
  const working = await Promise.all(candidates.map(probe));
  return working.filter((confinement) => confinement !== null);
}

/** The command line of Node for a script of ours: it may read the source and the packages, and nothing else. */
export function nodeCommand(script: URL, heapMegabytes: number): string[] {
  return [
    process.execPath,
    '--permission',
    ...[fileURLToPath(script), ...readable()].map((path) => `--allow-fs-read=${path}`),
    `--max-old-space-size=${heapMegabytes}`,
    '--disable-warning=ExperimentalWarning',
    fileURLToPath(script),
  ];
}

async function probe(confinement: Confinement): Promise<Confinement | null> {
  const [program, ...rest] = confinement.command as [string, ...string[]];
  const path = findProgram(program);
  if (path === null) return null;
  const works = await new Promise<boolean>((resolve) => {
    execFile(path, [...rest, process.execPath, '--version'], { timeout: 10_000, env: {} }, (error) =>
      resolve(error === null),
    );
  });
  return works ? { ...confinement, command: [path, ...rest] } : null;
}

/** The child gets no PATH, so every program is named in full. */
function findProgram(name: string): string | null {
  for (const folder of ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/usr/local/bin']) {
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
  return [`${source}/`, join(project, 'package.json'), `${packages}/`];
}
