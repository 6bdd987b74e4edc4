import { expect, test } from 'vitest';
import { AppError } from '../../src/errors.ts';
import { createPasswords } from '../../src/identity/passwords.ts';

test('of too many sign-ins at once the last are refused, and the others are answered', async () => {
  const passwords = await createPasswords(8);
  const stored = await passwords.hash('correct horse');
  const all = await Promise.allSettled(
    Array.from({ length: 100 }, () => passwords.verify(stored, 'correct horse')),
  );
  const refused = all.filter((one) => one.status === 'rejected');
  // Two are made at a time, and 64 wait.
  expect(refused).toHaveLength(34);
  for (const { reason } of refused) {
    expect(reason).toBeInstanceOf(AppError);
    expect(reason).toMatchObject({ code: 'unavailable' });
  }
  expect(all.filter((one) => one.status === 'fulfilled' && one.value)).toHaveLength(66);
  expect(await passwords.verify(stored, 'another')).toBe(false);
});
