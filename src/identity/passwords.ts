import { hash, type Options, verify } from '@node-rs/argon2';

/** Argon2id with 46 MiB, 1 pass, 1 lane: OWASP's first recommendation (Password Storage Cheat Sheet). */
const options: Options = { memoryCost: 47_104, timeCost: 1, parallelism: 1 };
/** Each hash takes 46 MiB and a core: more at once would let sign-ins starve everything else. */
const atOnce = 2;

export interface Passwords {
  hash(password: string): Promise<string>;
  /** Takes as long for an unknown user (`stored` null) as for a wrong password. */
  verify(stored: string | null, password: string): Promise<boolean>;
}

export async function createPasswords(): Promise<Passwords> {
  const limited = limit(atOnce);
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

/** Lets at most `n` tasks run; the others wait in order. */
function limit(n: number): <T>(task: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (running >= n) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
