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
