import { describe, expect, test } from 'vitest';
import { MarkdownBlocks, type Cite } from '../../web/src/lib/markdown/markdown.ts';
import { hostileTexts } from './support/hostile-text.ts';

const cite = (n: number) =>
  n <= 2 ? { label: `Source ${n}: "a" <b>`, state: 'verified' as const, at: 0 } : null;
const names = { id: 'a', note: (n: number) => `Footnote ${n}`, back: (n: number) => `Back from ${n}` };
const renderBlocks = (markdown: string, by?: Cite) => new MarkdownBlocks(names).render(markdown, by);
const html = (markdown: string) => renderBlocks(markdown, cite).join('');

describe('Markdown of an answer', () => {
  test('numbers of sources become buttons that say what was found; others stay', () => {
    expect(html('Rose [1], fell [1, 2] and [7].')).toBe(
      `<p dir="auto">Rose ${pill(1)}, fell ${pill(1)}${pill(2)} and [7].</p>\n`,
    );
    expect(html('Both [1][2].')).toBe(`<p dir="auto">Both ${pill(1)}${pill(2)}.</p>\n`);
  });

  test('brackets stay text in code, in links and in answers without sources', () => {
    expect(html('`a[1]`')).toBe('<p dir="auto"><code>a[1]</code></p>\n');
    expect(html('[1](https://a.example)')).toContain('>1</a>');
    expect(renderBlocks('see [1]').join('')).toBe('<p dir="auto">see [1]</p>\n');
  });

  test('images are words with their host', () => {
    expect(html('![chart](https://a.example/c.png)')).toBe(
      '<p dir="auto"><span class="image-note">[image · chart · a.example]</span></p>\n',
    );
  });

  test('links go to http, https and mailto, and tell nobody where from', () => {
    expect(html('[a](https://a.example/x)')).toContain(
      '<a href="https://a.example/x" target="_blank" rel="noopener noreferrer nofollow">a</a>',
    );
    expect(html('[a](javascript:alert(1)) [b](/here) [c](data:text/html,x)')).toBe(
      '<p dir="auto">a b c</p>\n',
    );
  });

  test('a growing answer keeps its finished blocks', () => {
    const text = 'One.\n\n| a |\n| - |\n| 1 |\n\nLast';
    const before = renderBlocks(text, cite);
    const after = renderBlocks(`${text} and more`, cite);
    expect(after.slice(0, -1)).toEqual(before.slice(0, -1));
  });

  test('a text that grows letter by letter ends as one that came at once', () => {
    const text = [
      '# Report [1]\n\nRose `a[1]` by 3 [1], then\nfell [2].',
      '- one [1]\n- two\n\n  more [2]\n\n1. a\n2. b',
      '```js\nconst a = [1];\n```',
      '| a | b |\n| - | -: |\n| 1 [1] | 2 |',
      'Costs $5 and $10, and $e = mc^2$.\n\n$$\\sum_i x_i$$\n\n[^1]: A note [2].\n\nLast[^1] [1].',
      'Again[^2] and[^1].\n\nBetween.\n\nAnd last[^3].\n\n[^3]: Three\n  goes on.\n[^2]: Two.',
    ].join('\n\n');
    const growing = new MarkdownBlocks(names);
    for (let end = 0; end < text.length; end += 1) growing.render(text.slice(0, end), cite);
    expect(growing.render(text, cite)).toEqual(renderBlocks(text, cite));
  });

  test('a marker is told where it stands in the whole text, also behind code and in later blocks', () => {
    const text = 'One [1].\n\n`[1]` two [2] and [1, 2].\n\n- three [1]\n';
    const told: number[] = [];
    const blocks = new MarkdownBlocks(names);
    const seen = (n: number, offset: number) => {
      told.push(offset);
      return { label: `${n}`, state: 'verified' as const, at: offset };
    };
    blocks.render(text, seen);
    const places = [...text.matchAll(/(?<!`)\[\d[^\]]*\]/g)].map(({ index }) => index);
    expect([...new Set(told)]).toEqual(places);
  });

  test('footnotes are numbered by their marks and linked both ways', () => {
    const text = [
      'One[^b] and two[^a], once more[^B].',
      '- listed[^c]',
      '[^a]: First note.\n[^b]: See [the page](https://a.example/) [1],\n    told on.\n[^c]: Third.',
    ].join('\n\n');
    const mark = (n: number, nth: number) =>
      `<sup><a class="note-mark" id="a-mark-${n}-${nth}" href="#a-note-${n}" aria-label="Footnote ${n}">${n}</a></sup>`;
    const back = (n: number, nth: number, sup = '') =>
      ` <a class="note-back" href="#a-mark-${n}-${nth}" aria-label="Back from ${n}">↩${sup}</a>`;
    const shown = html(text);
    expect(shown).toContain(`One${mark(1, 1)} and two${mark(2, 1)}, once more${mark(1, 2)}.`);
    expect(shown).toContain(`listed${mark(3, 1)}`);
    expect(shown).toContain(
      `<p class="footnote" dir="auto" id="a-note-2" tabindex="-1"><sup>2</sup> First note.${back(2, 1)}</p>`,
    );
    expect(shown).toContain(
      `${pill(1)},<br>told on.${back(1, 1, '<sup>1</sup>')}${back(1, 2, '<sup>2</sup>')}</p>`,
    );
    const ids = [...shown.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
    const targets = [...shown.matchAll(/href="#([^"]+)"/g)].map((match) => match[1]);
    expect(targets.filter((target) => !ids.includes(target))).toEqual([]);
  });

  test('a mark without a footnote stays as it was written, and a footnote without a mark keeps its name', () => {
    expect(html('The pattern [^abc] and [^1].')).toBe('<p dir="auto">The pattern [^abc] and [^1].</p>\n');
    expect(html('`a[^1]`\n\n[^1]: A.\n[^1]: B.')).toBe(
      '<p dir="auto"><code>a[^1]</code></p>\n<p class="footnote" dir="auto"><sup>1</sup> A.</p>\n<p class="footnote" dir="auto"><sup>1</sup> B.</p>\n',
    );
  });

  test('a footnote is no citation, and a citation no footnote', () => {
    const shown = html('Rose[^1] by 3 [1].\n\n[^1]: A note.');
    expect([...shown.matchAll(/class="pill"/g)]).toHaveLength(1);
    expect([...shown.matchAll(/class="note-mark"/g)]).toHaveLength(1);
  });

  test('formulas, prices and tables', () => {
    expect(html('It costs $5 or $10.')).not.toContain('data-math');
    expect(html('So $a^2$ holds.')).toContain('<span data-math="inline">a^2</span>');
    expect(html('$$\na^2\n$$')).toContain('<div class="math-block" data-math="block">a^2</div>');
    expect(html('| a |\n| - |\n| 1 |')).toContain('<div class="table-scroll" tabindex="0"><table>');
  });

  test('only the end of a long text is read again when it grows', () => {
    const block = `${'word '.repeat(60)}[1].\n\n`;
    const blocks = new MarkdownBlocks(names);
    let text = '';
    const begun = performance.now();
    for (let at = 0; at < 300; at += 1) blocks.render((text += block), cite);
    expect(text.length).toBeGreaterThan(90_000);
    // Read anew each time it would be 300 times half of this text: tens of seconds.
    expect(performance.now() - begun).toBeLessThan(3_000);
  });

  test.each(hostileTexts)('no tag of its own comes through: %j', (text) => {
    const tags = [...html(text).matchAll(/<\/?([a-z]+[0-9]?)/g)].map((match) => match[1] ?? '');
    const allowed =
      'a blockquote br button code del div em h1 h2 hr li ol p pre span strong sup table tbody td th thead tr ul';
    expect(tags.filter((tag) => !allowed.split(' ').includes(tag))).toEqual([]);
  });
});

function pill(n: number): string {
  const label = `Source ${n}: &quot;a&quot; &lt;b&gt;`;
  return `<button type="button" class="pill" data-n="${n}" data-at="0" data-state="verified" aria-label="${label}">${n}</button>`;
}
