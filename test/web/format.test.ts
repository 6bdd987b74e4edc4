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
