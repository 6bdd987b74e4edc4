import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

/** A page has one language as long as it is open, and so has a process. */
const page = `
  const [, language, message, fields] = process.argv;
  Object.defineProperty(globalThis, 'localStorage', { value: { getItem: () => language } });
  const { AlcoveError } = await import('@alcove/client');
  const { describeError } = await import('./web/src/lib/describe-error.ts');
  const problem = describeError(new AlcoveError(message, JSON.parse(fields)));
  const atOnce = { ...problem };
  await import('./web/src/lib/text/de/server-sentences.ts');
  await new Promise((loaded) => setImmediate(loaded));
  console.log(JSON.stringify({ atOnce, later: { ...problem } }));
`;

async function describeIn(language: string, [message, fields]: readonly [string, object]) {
  const args = ['--input-type=module', '--eval', page, language, message, JSON.stringify(fields)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
  return JSON.parse(stdout) as Record<'atOnce' | 'later', object>;
}

const told = 'a password has at least 8 characters';
const short = [
  `The request is not valid at "password": ${told}.`,
  { status: 400, code: 'invalid_request', issues: [{ path: 'password', message: told }] },
] as const;
const newer = [
  'The moon is in the way.',
  {
    status: 409,
    code: 'conflict',
    issues: [
      { path: 'moon', message: 'is in the way' },
      { path: '', message: 'is missing' },
    ],
    retryAfter: 1.5,
  },
] as const;

test('English says what the server said', async () => {
  const sentence = `The request is not valid at "password": ${told}. password: ${told}`;
  expect((await describeIn('en', short)).atOnce).toEqual({
    code: 'invalid_request',
    sentence,
    original: '',
    next: null,
  });
  expect((await describeIn('en', newer)).atOnce).toEqual({
    code: 'conflict',
    sentence: 'The moon is in the way. moon: is in the way is missing',
    original: '',
    next: 'Try again in 2 seconds.',
  });
});

test('German says it in German, and what its code means until the words for it have come', async () => {
  const { atOnce, later } = await describeIn('de', short);
  expect(atOnce).toMatchObject({ sentence: 'Der Server nimmt diese Eingabe nicht an.', original: '' });
  const sentence =
    '„password“ ist nicht gültig: ein Passwort hat mindestens 8 Zeichen. password: ein Passwort hat mindestens 8 Zeichen';
  expect(later).toEqual({ code: 'invalid_request', sentence, original: '', next: null });
});

test('German keeps the words of a server of another version behind its own', async () => {
  expect((await describeIn('de', newer)).later).toEqual({
    code: 'conflict',
    sentence: 'Das geht gerade nicht. fehlt',
    original: 'The moon is in the way. moon: is in the way',
    next: 'Versuchen Sie es in 2 Sekunden noch einmal.',
  });
});
