import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

beforeAll(() => void vi.stubGlobal('localStorage', { getItem: () => null }));
afterAll(() => void vi.unstubAllGlobals());

test('a time is told in units that a person counts in', async () => {
  const { formatMs } = await import('../../web/src/lib/format.ts');
  expect([340, 2_400, 59_900, 734_200, 3_600_000, 11_100_000].map(formatMs)).toEqual([
    '340 ms',
    '2.4 s',
    '59.9 s',
    '12 min 14 s',
    '1 h 0 min',
    '3 h 5 min',
  ]);
});

test('a language is told by its name, and not where none was found', async () => {
  const { formatLanguage, isKnown } = await import('../../web/src/lib/format.ts');
  expect(['en', 'de', 'pt', 'zh'].map(formatLanguage)).toEqual([
    'English',
    'German',
    'Portuguese',
    'Chinese',
  ]);
  expect(['en', 'und', null].map(isKnown)).toEqual([true, false, false]);
});

test.each([
  ['en', ['512 B', '1.5 KB', '1,023 KB', '5.1 MB', '0.030', '11/3']],
  ['de', ['512 B', '1,5 KB', '1.023 KB', '5,1 MB', '0,030', '3.11.']],
])('sizes, scores and short dates are those of a page in “%s”', async (language, said) => {
  // A page chooses its language once, and so does a process.
  const script = `
    Object.defineProperty(globalThis, 'localStorage', { value: { getItem: () => '${language}' } });
    const { formatBytes } = await import('${new URL('../../web/src/lib/format-bytes.ts', import.meta.url)}');
    const { formatScore, formatShortDay } = await import('${new URL('../../web/src/lib/format.ts', import.meta.url)}');
    const sizes = [512, 1_536, 1_047_552, 5_400_000].map(formatBytes);
    console.log(JSON.stringify([...sizes, formatScore(0.03), formatShortDay('2026-11-03')]));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  expect(JSON.parse(stdout)).toEqual(said);
});

test('a date alone is the same in every time zone, and small amounts of money are not nothing', async () => {
  const { formatCost, formatDay } = await import('../../web/src/lib/format.ts');
  const before = process.env['TZ'];
  try {
    process.env['TZ'] = 'America/New_York';
    expect(formatDay('2026-11-23')).toBe('Nov 23, 2026');
  } finally {
    if (before === undefined) delete process.env['TZ'];
    else process.env['TZ'] = before;
  }
  const cost = (amount: number) => formatCost({ amount, currency: 'EUR' });
  expect([0, 0.00123, 0.5, 12.3].map(cost)).toEqual(['€0.00', '€0.0012', '€0.50', '€12.30']);
});
