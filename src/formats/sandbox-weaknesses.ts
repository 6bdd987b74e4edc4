import type { ConfinementName } from './sandbox-command.ts';

const strengths: Record<ConfinementName, string> = {
  prlimit: 'memory and processor time of a parser are bounded by the server alone',
  unshare: 'only the runtime keeps a parser from the network',
  setpriv: 'a parser may outlive a server that is killed',
  processes: 'only the runtime keeps a parser from sending signals',
};

const programs: Record<ConfinementName, string> = {
  prlimit: 'prlimit',
  unshare: 'unshare',
  setpriv: 'setpriv',
  processes: 'a name space for processes',
};

/** What to do about a sandbox that is not whole. Other systems than Linux have none of its programs. */
export function sandboxRemedy(platform: string = process.platform): string {
  return platform === 'linux'
    ? 'Install util-linux, and allow user name spaces where they are forbidden (in containers by the seccomp profile).'
    : 'Read only documents of people whom you trust, or run Alcove on Linux or in a container.';
}

/** What the sandbox lacks on this machine, in one line; null when it lacks nothing. */
export function sandboxWeakness(
  working: readonly ConfinementName[],
  platform: string = process.platform,
): string | null {
  if (platform !== 'linux')
    return 'on this system a parser is held by the runtime and the clock alone: nothing measures its memory, and the network is kept from it by the runtime only';
  const missing = (Object.keys(strengths) as ConfinementName[]).filter((name) => !working.includes(name));
  if (missing.length === 0) return null;
  return missing.map((name) => `without ${programs[name]} ${strengths[name]}`).join('; ');
}
