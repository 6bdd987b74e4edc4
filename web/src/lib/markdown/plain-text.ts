import { Lexer, type Token, type Tokens } from 'marked';

/** What a reader sees of a Markdown text, without its marks: cells of tables are parted by tabs, links keep their address. */
export function plainText(markdown: string): string {
  return blocks(Lexer.lex(markdown, { gfm: true, breaks: true })).trim();
}

function blocks(tokens: readonly Token[], between = '\n\n'): string {
  return tokens
    .map(block)
    .filter((text) => text !== '')
    .join(between);
}

function block(token: Token): string {
  switch (token.type) {
    case 'space':
    case 'hr':
      return '';
    case 'code':
      return (token as Tokens.Code).text;
    case 'blockquote':
      return blocks((token as Tokens.Blockquote).tokens);
    case 'list':
      return list(token as Tokens.List);
    case 'table':
      return table(token as Tokens.Table);
    // The page shows both as they are written.
    case 'html':
    case 'def':
      return token.raw.trim();
    default:
      return 'tokens' in token ? inline(token.tokens ?? []) : inline([token]);
  }
}

function list({ items, ordered, start, loose }: Tokens.List): string {
  return items
    .map((item, index) => {
      const mark = ordered ? `${(start || 1) + index}.` : '-';
      const text = blocks(
        item.tokens.filter(({ type }) => type !== 'checkbox'),
        '\n',
      );
      const box = item.task ? (item.checked ? '☑ ' : '☐ ') : '';
      return `${mark} ${box}${text.replaceAll('\n', `\n${' '.repeat(mark.length + 1)}`)}`;
    })
    .join(loose ? '\n\n' : '\n');
}

function table({ header, rows }: Tokens.Table): string {
  return [header, ...rows].map((row) => row.map(({ tokens }) => inline(tokens)).join('\t')).join('\n');
}

function inline(tokens: readonly Token[]): string {
  return tokens.map(span).join('');
}

function span(token: Token): string {
  switch (token.type) {
    case 'br':
      return '\n';
    case 'link': {
      const { href, tokens } = token as Tokens.Link;
      const label = inline(tokens);
      return href === label || href === `mailto:${label}` ? label : `${label} (${href})`;
    }
    case 'checkbox':
      return '';
    case 'html':
      return token.raw;
    case 'codespan':
    case 'image':
    case 'escape':
      return (token as Tokens.Codespan).text;
    default:
      if ('tokens' in token && token.tokens) return inline(token.tokens);
      return decode('text' in token ? String(token.text) : token.raw);
  }
}

const entities: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  '#39': "'",
  nbsp: '\u00a0',
};

function decode(text: string): string {
  return text.replaceAll(/&(amp|lt|gt|quot|#39|nbsp);/g, (whole, name: string) => entities[name] ?? whole);
}
