import type { IdentityDeps } from '../deps.ts';

/** What administering accounts needs: the command line has it without a server. */
export type PeopleDeps = Pick<IdentityDeps, 'db' | 'passwords' | 'sessions' | 'setup' | 'now'>;
