import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { expect, test } from 'vitest';
import { BytePairs } from '../../src/models/byte-pairs.ts';
import { countTokens } from '../../src/models/tokens.ts';

// The package's own encoder reads the same table, and takes longer for it than reading a document takes.

const asPlainText = { disallowedSpecial: new Set<string>() };
const expected = (text: string): number => encode(text, asPlainText).length;

test.each([
  ['a page of English', readFileSync(resolve(import.meta.dirname, '../../README.md'), 'utf8')],
  ['JSON', readFileSync(resolve(import.meta.dirname, '../../package.json'), 'utf8')],
  ['Chinese', '第一季度营业收入增长百分之十五。'.repeat(40)],
  ['emoji and combining marks', '👩‍👩‍👧 cafe\u0301 नमस्ते '.repeat(40)],
  ['half a surrogate pair', 'x\ud800y \udc00'],
  ['a special token', 'Hello <|endoftext|> world'],
  ['a word that is no token', 'kestrelploverdunlin'.repeat(20)],
  ['nothing', ''],
])('%s has as many tokens as the encoding says', (_what, text) => {
  expect(countTokens(text)).toBe(expected(text));
});

test('any text has as many tokens as the encoding says', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      expect(countTokens(text)).toBe(expected(text));
    }),
    { numRuns: 300, seed: 20_261_122 },
  );
});

test('words, figures, marks and white space in any order have as many tokens as the encoding says', () => {
  const pieces =
    "a B word Word WORD WOrd 's 'LL 're 'x ' 12 1234 . , / // ! ( é É 漢 \u0301 ² ½ — “ 😀 ſ K \0 \x7f \x1c gocaration".split(
      ' ',
    );
  const spaces = [' ', '  ', '\n', '\r\n', '\t', '\v', '\xa0', '\u2028', '\ud800'];
  const long = ['x'.repeat(1024), 'x'.repeat(1025), ' '.repeat(1025), '\n'.repeat(1024)];
  const any = fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom(...pieces, ...spaces) },
    { weight: 1, arbitrary: fc.constantFrom(...long) },
  );
  fc.assert(
    fc.property(fc.array(any, { maxLength: 20 }), (parts) => {
      const text = parts.join('');
      // Runs beyond what is counted at once cost up to a token for each cut.
      const cuts = parts.filter((part) => part.length > 1000).length * 4;
      expect(Math.abs(countTokens(text) - expected(text))).toBeLessThanOrEqual(cuts);
    }),
    { numRuns: 2000, seed: 20_261_124 },
  );
});

test('a packed table counts as the one that it was made from', () => {
  const lines = ['a', 'b', 'ab', 'abab'].map(
    (token, rank) => `${Buffer.from(token).toString('base64')} ${rank}\n`,
  );
  const table = BytePairs.parse(Buffer.from(lines.join('')));
  const packed = BytePairs.unpack(Uint8Array.from(table.pack()));
  for (const piece of ['a', 'ab', 'abab', 'ababa', 'bab', 'c', ''])
    expect(packed.count(piece)).toBe(table.count(piece));
});
