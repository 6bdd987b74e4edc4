import { describe, expect, test } from 'vitest';
import { renderBlocks } from '../../web/src/lib/markdown/markdown.ts';
import { hostileTexts } from './support/hostile-text.ts';

const cite = (n: number) => (n <= 2 ? { label: `Source ${n}: "a" <b>`, state: 'verified' as const } : null);
const html = (markdown: string) => renderBlocks(markdown, cite).join('');

describe('Markdown of an answer', () => {
  test('numbers of sources become buttons that say what was found; others stay', () => {
    expect(html('Rose [1], fell [1, 2] and [7].')).toBe(
      `<p>Rose ${pill(1)}, fell ${pill(1)}${pill(2)} and [7].</p>\n`,
    );
    expect(html('Both [1][2].')).toBe(`<p>Both ${pill(1)}${pill(2)}.</p>\n`);
  });

  test('brackets stay text in code, in links and in answers without sources', () => {
    expect(html('`a[1]`')).toBe('<p><code>a[1]</code></p>\n');
    expect(html('[1](https://a.example)')).toContain('>1</a>');
    expect(renderBlocks('see [1]').join('')).toBe('<p>see [1]</p>\n');
  });

  test('images are words with their host', () => {
    expect(html('![chart](https://a.example/c.png)')).toBe(
      '<p><span class="image-note">[image · chart · a.example]</span></p>\n',
    );
  });

  test('links go to http, https and mailto, and tell nobody where from', () => {
    expect(html('[a](https://a.example/x)')).toContain(
      '<a href="https://a.example/x" target="_blank" rel="noopener noreferrer nofollow">a</a>',
    );
    expect(html('[a](javascript:alert(1)) [b](/here) [c](data:text/html,x)')).toBe('<p>a b c</p>\n');
  });

  test('a growing answer keeps its finished blocks', () => {
    const text = 'One.\n\n| a |\n| - |\n| 1 |\n\nLast';
    const before = renderBlocks(text, cite);
    const after = renderBlocks(`${text} and more`, cite);
    expect(after.slice(0, -1)).toEqual(before.slice(0, -1));
  });

  test.each(hostileTexts)('no tag of its own comes through: %j', (text) => {
    const tags = [...html(text).matchAll(/<\/?([a-z]+[0-9]?)/g)].map((match) => match[1] ?? '');
    const allowed =
      'a blockquote br button code del em h1 h2 hr li ol p pre span strong table tbody td th thead tr ul';
    expect(tags.filter((tag) => !allowed.split(' ').includes(tag))).toEqual([]);
  });
});

function pill(n: number): string {
  const label = `Source ${n}: &quot;a&quot; &lt;b&gt;`;
  return `<button type="button" class="pill" data-n="${n}" data-state="verified" aria-label="${label}">${n}</button>`;
}
