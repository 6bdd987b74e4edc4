import { describe, expect, test } from 'vitest';
import { resolveMarkers } from '../../web/src/lib/answers/resolve-markers.ts';
import { plainText } from '../../web/src/lib/markdown/plain-text.ts';

describe('the plain text of an answer', () => {
  test.each([
    ['## Fleet\n\nIt **has** _three_ `tugs`.', 'Fleet\n\nIt has three tugs.'],
    ['- one\n- two\n  - below\n\n3. third\n4. fourth', '- one\n- two\n  - below\n\n3. third\n4. fourth'],
    ['| a | b |\n|---|--:|\n| 1 | **2** |', 'a\tb\n1\t2'],
    ['```js\nconst a = "**b**";\n```', 'const a = "**b**";'],
    ['- [x] done\n- [ ] open', '- ☑ done\n- ☐ open'],
    [
      'See [the site](https://example.org/a) or <https://example.org>.',
      'See the site (https://example.org/a) or https://example.org.',
    ],
    ['> quoted *words*\n\nx &amp; y < z \\* w', 'quoted words\n\nx & y < z * w'],
    ['a_b_c and 2 * 3 * 4 and <b>bold</b>', 'a_b_c and 2 * 3 * 4 and <b>bold</b>'],
  ])('of %j is %j', (markdown, text) => {
    expect(plainText(markdown)).toBe(text);
  });
});

describe('the markers of an answer', () => {
  const cited = new Set([3, 7, 9]);
  const plain = (at: number) => `[${at}]`;

  test('are counted in the order in which the answer names its sources', () => {
    expect(resolveMarkers('One [7]. Two [3, 7]. Three [7].', cited, plain)).toEqual({
      text: 'One [1]. Two [2][1]. Three [1].',
      order: [7, 3],
    });
  });

  test('are left alone in code, in links and where they name nothing', () => {
    const text = '`a[3]` and [3](https://example.org) and [4] and [3, 4]';
    expect(resolveMarkers(text, cited, plain)).toEqual({ text, order: [] });
  });
});
