import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

/** How a program of others is started, so that what it reads can do no harm: the command that goes before it. */
export interface Jail {
  command: string[];
  /** False: the program sees the files of this machine. */
  isWhole: boolean;
}

export interface JailLimits {
  cpuSeconds: number;
  dataBytes: number;
}

const folders = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/usr/local/bin'];
/** Programs and what they need: nothing of this list belongs to anybody. */
const shown = 'usr lib lib64 bin sbin etc/fonts';
/** A root of its own in which there is nothing but the programs, then no right to leave it. */
const enterRoot = `mount -t tmpfs -o size=1m,mode=755 none /tmp && cd /tmp && for d in ${shown}; do
  [ -e "/$d" ] || continue
  if [ -L "/$d" ]; then cp -P "/$d" "$d"; else mkdir -p "$d" && mount --rbind "/$d" "$d"; fi
done && exec chroot /tmp setpriv --no-new-privs --inh-caps=-all --bounding-set=-all "$@"`;

/** The environment of everything in a jail. */
export const jailEnvironment = { PATH: folders.join(':'), LC_ALL: 'C.UTF-8', OMP_THREAD_LIMIT: '1' };

/**
 * The strongest jail that works here: bounded time and memory, no byte into any file, no network, no other process, and no
 * file of this machine. Containers often forbid name spaces; then only the first of these are left.
 */
export async function findJail({ cpuSeconds, dataBytes }: JailLimits): Promise<Jail> {
  const limit = [`--cpu=${cpuSeconds}`, `--data=${dataBytes}`, '--fsize=0', '--nofile=64', '--core=0'];
  const bounded = hasProgram('prlimit') ? ['prlimit', ...limit] : [];
  const spaces = ['unshare', '-rn', '--ipc', '--mount', '--pid', '--fork', '--kill-child=KILL'];
  const whole = [...bounded, ...spaces, 'sh', '-c', enterRoot, 'jail'];
  if (bounded.length > 0 && (await works(whole))) return { command: whole, isWhole: true };
  return { command: (await works(bounded)) ? bounded : [], isWhole: false };
}

/** Whether a program is installed in one of the usual folders. */
export function hasProgram(name: string): boolean {
  return folders.some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      // Not here: the next folder.
      return false;
    }
  });
}

async function works(command: string[]): Promise<boolean> {
  const [program, ...rest] = command.length > 0 ? [...command, 'true'] : ['true'];
  return new Promise((resolve) => {
    execFile(program ?? 'true', rest, { timeout: 10_000, env: jailEnvironment }, (error) =>
      resolve(error === null),
    );
  });
}
