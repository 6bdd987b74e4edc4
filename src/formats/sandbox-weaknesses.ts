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

export const sandboxRemedy =
  'Install util-linux, and allow user name spaces where they are forbidden (in containers by the seccomp profile).';

/** What the sandbox lacks on this machine, in one line; null when it lacks nothing. */
export function sandboxWeakness(working: readonly ConfinementName[]): string | null {
  const missing = (Object.keys(strengths) as ConfinementName[]).filter((name) => !working.includes(name));
  if (missing.length === 0) return null;
  return missing.map((name) => `without ${programs[name]} ${strengths[name]}`).join('; ');
}
