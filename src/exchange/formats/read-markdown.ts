import { Marked, type Token, type Tokens } from 'marked';

/** Words in one style. */
export interface Run {
  text: string;
  bold?: boolean;
  italic?: boolean;
  struck?: boolean;
  code?: boolean;
  /** The mark of a footnote. */
  raised?: boolean;
}

export interface Table {
  type: 'table';
  header: Run[][];
  rows: Run[][][];
}

/** What a text is made of, for whoever prints it: no markup is left in it. */
export type Block =
  | { type: 'heading'; level: number; runs: Run[] }
  | { type: 'paragraph'; runs: Run[] }
  | { type: 'code'; text: string }
  | { type: 'quote'; blocks: Block[] }
  /** `start`: of a numbered one; null for bullets. */
  | { type: 'list'; start: number | null; items: Block[][] }
  | { type: 'footnote'; label: string; runs: Run[] }
  | { type: 'rule' }
  | Table;

/** Parsing is not interrupted: what is longer is read in pieces, so that nobody waits for all of it. */
const pieceCharacters = 10_000;
/** Each that is open is looked at from each that follows. */
const mostBrackets = 1_000;
/** Deeper is no list or quotation of anybody: it costs time and depth of the stack. */
const deep = /^[ \t]*(?:(?:>|[-+*]|\d{1,9}[.)])[ \t]*){20}/m;

/**
 * Reads a Markdown text of any length that nobody vouches for, block by block. HTML in it is words, images are their
 * names, links their words with the address behind them.
 */
export function* readMarkdown(text: string): Generator<Block> {
  for (const piece of piecesOf(text)) yield* blocksOf(piece);
}

function blocksOf(piece: string): Block[] {
  const isPlain =
    piece.length > pieceCharacters || deep.test(piece) || piece.split('[').length > mostBrackets;
  if (isPlain) return [asWritten(piece)];
  try {
    return parser.lexer(piece).flatMap(blockOf);
  } catch (error) {
    // Too deep for the stack, all the same: it is shown as it was written.
    if (error instanceof RangeError) return [asWritten(piece)];
    throw error;
  }
}

function asWritten(text: string): Block {
  return { type: 'paragraph', runs: [{ text }] };
}

/** The whole text, or what fits of it up to an empty line that is in no block of code. */
function* piecesOf(text: string): Generator<string> {
  if (text.length <= pieceCharacters) {
    yield text;
    return;
  }
  let piece = '';
  for (const section of sectionsOf(text)) {
    if (piece !== '' && piece.length + section.length > pieceCharacters) {
      yield piece;
      piece = '';
    }
    piece += section;
  }
  if (piece !== '') yield piece;
}

function* sectionsOf(text: string): Generator<string> {
  let section = '';
  let fence: string | null = null;
  for (const line of text.split('\n')) {
    section += `${line}\n`;
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1] ?? null;
    if (fence === null) fence = mark;
    else if (mark?.startsWith(fence) && line.trim() === mark) fence = null;
    const isLongCode = fence !== null && section.length > pieceCharacters / 2;
    if ((line.trim() !== '' || fence !== null) && !isLongCode) continue;
    yield isLongCode ? `${section}${fence}\n` : section;
    // A long block of code goes on in the next piece.
    section = isLongCode ? `${fence}\n` : '';
  }
  if (section !== '') yield section;
}

function blockOf(token: Token): Block[] {
  switch (token.type) {
    case 'space':
      return [];
    case 'heading':
      return [{ type: 'heading', level: (token as Tokens.Heading).depth, runs: runsOf(token.tokens) }];
    case 'code':
      return [{ type: 'code', text: (token as Tokens.Code).text }];
    case 'hr':
      return [{ type: 'rule' }];
    case 'blockquote':
      return [{ type: 'quote', blocks: (token.tokens ?? []).flatMap(blockOf) }];
    case 'list': {
      const { ordered, start, items } = token as Tokens.List;
      const read = items.map(itemOf);
      return [{ type: 'list', start: ordered ? Number(start) || 1 : null, items: read }];
    }
    case 'table': {
      const { header, rows } = token as Tokens.Table;
      const cells = (row: Tokens.TableCell[]): Run[][] => row.map(({ tokens }) => runsOf(tokens));
      return [{ type: 'table', header: cells(header), rows: rows.map(cells) }];
    }
    case 'footnote': {
      const { label, tokens } = token as unknown as { label: string; tokens: Token[] };
      return [{ type: 'footnote', label, runs: runsOf(tokens) }];
    }
    default:
      return [{ type: 'paragraph', runs: insideOf(token) ? runsOf(insideOf(token)) : wordsOf(token, {}) }];
  }
}

function itemOf({ task, checked, tokens }: Tokens.ListItem): Block[] {
  const blocks = tokens.filter(({ type }) => type !== 'checkbox').flatMap(blockOf);
  if (!task) return blocks;
  const box: Run = { text: checked === true ? '☑ ' : '☐ ' };
  const [first, ...rest] = blocks;
  return first?.type === 'paragraph'
    ? [{ ...first, runs: [box, ...first.runs] }, ...rest]
    : [{ type: 'paragraph', runs: [box] }, ...blocks];
}

type Style = Omit<Run, 'text'>;

function runsOf(tokens: readonly Token[] = [], style: Style = {}): Run[] {
  return tokens.flatMap((token): Run[] => {
    switch (token.type) {
      case 'strong':
        return runsOf(token.tokens, { ...style, bold: true });
      case 'em':
        return runsOf(token.tokens, { ...style, italic: true });
      case 'del':
        return runsOf(token.tokens, { ...style, struck: true });
      case 'codespan':
        return [{ ...style, code: true, text: (token as Tokens.Codespan).text }];
      case 'br':
        return [{ ...style, text: '\n' }];
      case 'checkbox':
        return [];
      case 'footnoteMark':
        return [{ ...style, raised: true, text: String(token['label']) }];
      case 'link':
        return linkRuns(token as Tokens.Link, style);
      case 'image': {
        const { text, href } = token as Tokens.Image;
        const host = URL.canParse(href) ? new URL(href).host : '';
        return [{ ...style, text: `[${['image', text, host].filter(Boolean).join(' · ')}]` }];
      }
      default:
        return insideOf(token) ? runsOf(insideOf(token), style) : wordsOf(token, style);
    }
  });
}

/** The words, and the address unless it is what they say. */
function linkRuns({ href, tokens }: Tokens.Link, style: Style): Run[] {
  const words = runsOf(tokens, style);
  const said = words.map(({ text }) => text).join('');
  const url = URL.canParse(href) ? new URL(href) : null;
  if (url === null || !['http:', 'https:', 'mailto:'].includes(url.protocol)) return words;
  const isSaid = [href, url.href, url.href.replace(/^mailto:/, '')].includes(said);
  return isSaid ? words : [...words, { ...style, text: ` (${url.href.replace(/^mailto:/, '')})` }];
}

function wordsOf(token: Token, style: Style): Run[] {
  const text = 'text' in token && typeof token.text === 'string' ? token.text : token.raw;
  return text === '' ? [] : [{ ...style, text: token.type === 'escape' ? text : decode(text) }];
}

function insideOf(token: Token): Token[] | undefined {
  return 'tokens' in token ? token.tokens : undefined;
}

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  '#39': "'",
  nbsp: '\u00A0',
};

/** Markdown has characters by name, too; these are the ones that models write. */
function decode(text: string): string {
  return text.replaceAll(/&(amp|lt|gt|quot|#39|nbsp);/g, (whole, name: string) => entities[name] ?? whole);
}

const parser = new Marked({
  gfm: true,
  breaks: true,
  tokenizer: {
    // No token means that it is text.
    html: () => undefined,
    tag: () => undefined,
    def: () => undefined,
  },
  extensions: [
    {
      name: 'footnote',
      level: 'block',
      start: (text) => text.match(/^\[\^/m)?.index,
      tokenizer(text) {
        // Lines that are indented belong to it.
        const match = /^\[\^([^\s\]^[]{1,40})\]:[ \t]+([^\n]+(?:\n[ \t]+[^\s][^\n]*)*)(?:\n|$)/.exec(text);
        if (!match) return undefined;
        const tokens = this.lexer.inlineTokens((match[2] ?? '').replaceAll(/\n[ \t]+/g, '\n'));
        return { type: 'footnote', raw: match[0], label: match[1] ?? '', tokens };
      },
    },
    {
      name: 'footnoteMark',
      level: 'inline',
      start: (text) => text.match(/\[\^/)?.index,
      tokenizer(text) {
        const match = /^\[\^([^\s\]^[]{1,40})\](?!:)/.exec(text);
        return match ? { type: 'footnoteMark', raw: match[0], label: match[1] ?? '' } : undefined;
      },
    },
  ],
});
