import type { TokenizerAndRendererExtension, Tokens } from 'marked';

/**
 * Formulas between `$…$`, `\(…\)`, `$$…$$` and `\[…\]`, left as text in an element that `finish-blocks` sets. A dollar
 * opens one only before a character that is no space, and closes it only behind one and not before a digit: prices are none.
 */
export function mathTokens(escapeHtml: (text: string) => string): TokenizerAndRendererExtension[] {
  return [
    {
      name: 'mathBlock',
      level: 'block',
      start: (text) => text.match(/\$\$|\\\[/)?.index,
      tokenizer(text) {
        const match =
          /^(?:\$\$([^$]{1,5000})\$\$|\\\[([^\]\\]*(?:\\(?!\])[^\]\\]*|\][^\]\\]*)*)\\\])(?:\n|$)/.exec(text);
        if (!match) return undefined;
        return { type: 'mathBlock', raw: match[0], formula: (match[1] ?? match[2] ?? '').trim() };
      },
      renderer: (token: Tokens.Generic) =>
        `<div class="math-block" data-math="block">${escapeHtml(String(token.formula))}</div>`,
    },
    {
      name: 'mathInline',
      level: 'inline',
      start: (text) => text.match(/\$|\\\(/)?.index,
      tokenizer(text) {
        const match =
          /^\$\$([^$\n]{1,1000})\$\$/.exec(text) ??
          /^\$([^\s$](?:[^$\n]{0,500}[^\s$\\])?)\$(?!\d)/.exec(text) ??
          /^\\\(([^\n]{1,500}?)\\\)/.exec(text);
        if (!match) return undefined;
        return { type: 'mathInline', raw: match[0], formula: (match[1] ?? '').trim() };
      },
      renderer: (token: Tokens.Generic) =>
        `<span data-math="inline">${escapeHtml(String(token.formula))}</span>`,
    },
  ];
}
