import { hash, type Options, verify } from '@node-rs/argon2';
import { Gate } from '../limits/gate.ts';

/** With 46 MiB of memory it is OWASP's first recommendation (Password Storage Cheat Sheet). */
const cost = { timeCost: 1, parallelism: 1 };
/** Each hash takes its memory and a core: more at once would let sign-ins starve everything else. */
const atOnce = 2;
/** At some 50 ms each, the last one waits about two seconds. */
const maxWaiting = 64;

/** @throws AppError `unavailable` when too many wait already */
export interface Passwords {
  hash(password: string): Promise<string>;
  /** Takes as long for an unknown user (`stored` null) as for a wrong password. */
  verify(stored: string | null, password: string): Promise<boolean>;
}

/** Argon2id with so much memory for each hash. Older hashes carry their own cost. */
export async function createPasswords(memoryKilobytes: number): Promise<Passwords> {
  const options: Options = { ...cost, memoryCost: memoryKilobytes };
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
