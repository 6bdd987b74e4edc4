import { hash, type Options, verify } from '@node-rs/argon2';
import { Gate } from '../limits/gate.ts';

/** Argon2id with 46 MiB, 1 pass, 1 lane: OWASP's first recommendation (Password Storage Cheat Sheet). */
const options: Options = { memoryCost: 47_104, timeCost: 1, parallelism: 1 };
/** Each hash takes 46 MiB and a core: more at once would let sign-ins starve everything else. */
const atOnce = 2;
/** At some 50 ms each, the last one waits about two seconds. */
const maxWaiting = 64;

/** @throws AppError `unavailable` when too many wait already */
export interface Passwords {
  hash(password: string): Promise<string>;
  /** Takes as long for an unknown user (`stored` null) as for a wrong password. */
  verify(stored: string | null, password: string): Promise<boolean>;
}

export async function createPasswords(): Promise<Passwords> {
  const gate = new Gate(atOnce, maxWaiting);
  const limited = async <T>(task: () => Promise<T>): Promise<T> => {
    const leave = await gate.enter();
    try {
      return await task();
    } finally {
      leave();
    }
  };
  const nobody = await hash('a password that nobody has', options);
  return {
    hash: (password) => limited(() => hash(password.normalize('NFC'), options)),
    verify: (stored, password) =>
      limited(async () => {
        const matches = await verify(stored ?? nobody, password.normalize('NFC'));
        return matches && stored !== null;
      }),
  };
}
