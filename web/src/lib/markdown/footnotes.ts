import type { TokenizerAndRendererExtension, Tokens } from 'marked';

/** `[^1]` becomes a raised number, `[^1]: text` a small paragraph where it stands. */
export function footnotes(escapeHtml: (text: string) => string): TokenizerAndRendererExtension[] {
  return [
    {
      name: 'footnote',
      level: 'block',
      start: (text) => text.match(/^\[\^/m)?.index,
      tokenizer(text) {
        const match = /^\[\^([\w-]{1,20})\]:[ \t]+([^\n]+)(?:\n|$)/.exec(text);
        if (!match) return undefined;
        const token = { type: 'footnote', raw: match[0], label: match[1] ?? '', tokens: [] };
        this.lexer.inline(match[2] ?? '', token.tokens);
        return token;
      },
      renderer(token: Tokens.Generic) {
        const label = escapeHtml(String(token.label));
        return `<p class="footnote" dir="auto"><sup>${label}</sup> ${this.parser.parseInline(token.tokens ?? [])}</p>\n`;
      },
    },
    {
      name: 'footnoteMark',
      level: 'inline',
      start: (text) => text.match(/\[\^/)?.index,
      tokenizer(text) {
        const match = /^\[\^([\w-]{1,20})\](?!:)/.exec(text);
        return match ? { type: 'footnoteMark', raw: match[0], label: match[1] ?? '' } : undefined;
      },
      renderer: (token: Tokens.Generic) => `<sup>${escapeHtml(String(token.label))}</sup>`,
    },
  ];
}
