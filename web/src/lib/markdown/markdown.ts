import type { Verification } from '@alcove/client';
import { Marked, type Tokens } from 'marked';

/** What stands for a bracketed number like `[1]`: a source to link; null where the number is no citation. */
export type Cite = (n: number) => { label: string; state: Verification } | null;

/**
 * Turns Markdown that nobody vouches for into HTML, one string per block, so that a growing answer
 * redraws its last block only. Raw HTML comes out as text, images as words with their host, links
 * only to http, https and mailto. Without `cite`, bracketed numbers stay text.
 */
export function renderBlocks(markdown: string, cite?: Cite): string[] {
  const parser = parserFor(cite);
  return parser.lexer(markdown).map((token) => parser.parser([token]));
}

function parserFor(cite?: Cite): Marked {
  const parser = new Marked({
    gfm: true,
    breaks: true,
    tokenizer: {
      // No token means that the text goes through the escaping paths below.
      html: () => undefined,
      tag: () => undefined,
      def: () => undefined,
    },
    renderer: {
      html: ({ text }) => escapeHtml(text),
      link({ href, tokens }) {
        const label = this.parser.parseInline(tokens);
        const target = safeTarget(href);
        if (!target) return label;
        return `<a href="${escapeHtml(target)}" target="_blank" rel="noopener noreferrer nofollow">${label}</a>`;
      },
      image: (image) => `<span class="image-note">${escapeHtml(describeImage(image))}</span>`,
      checkbox: ({ checked }) => (checked ? '☑ ' : '☐ '),
      code: ({ text }) => `<pre tabindex="0"><code>${escapeHtml(text)}</code></pre>`,
    },
  });
  return cite ? parser.use({ extensions: [citations(cite)] }) : parser;
}

/** `[1]` and `[1, 2]`, but not `[1](address)`; code never comes here. */
function citations(cite: Cite) {
  return {
    name: 'citation',
    level: 'inline' as const,
    start: (text: string) => text.match(/\[\d/)?.index,
    tokenizer(text: string) {
      const match = /^\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\](?!\()/.exec(text);
      if (!match) return undefined;
      return { type: 'citation', raw: match[0], numbers: match[1]?.split(',').map(Number) ?? [] };
    },
    renderer(token: Tokens.Generic) {
      const numbers = token.numbers as number[];
      const pills = numbers.map((n) => {
        const cited = cite(n);
        if (!cited) return '';
        return `<button type="button" class="pill" data-n="${n}" data-state="${cited.state}" aria-label="${escapeHtml(cited.label)}">${n}</button>`;
      });
      return pills.join('') || escapeHtml(token.raw);
    },
  };
}

function safeTarget(href: string): string | null {
  try {
    const url = new URL(href);
    return ['http:', 'https:', 'mailto:'].includes(url.protocol) ? url.href : null;
  } catch {
    // Relative or broken: an answer has no pages of its own to link to.
    return null;
  }
}

function describeImage({ href, text }: { href: string; text: string }): string {
  const host = URL.canParse(href) ? new URL(href).host : '';
  return `[${['image', text, host].filter(Boolean).join(' · ')}]`;
}

function escapeHtml(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character);
}
