import type { Verification } from '@alcove/client';
import { Marked, type Token, type Tokens } from 'marked';
import { citationAt, maskCode, type CitationToken } from './citation-token.ts';
import { footnotes, footnoteState, isFootnote, numberFootnotes } from './footnotes.ts';
import type { FootnoteToken, NoteNames } from './footnotes.ts';
import { mathTokens } from './math-token.ts';

/** `pending` while the answer is being written and the statement is not checked yet. */
export type PillState = Verification | 'pending';
export interface Pill {
  label: string;
  state: PillState;
  /** Which citation of the answer it stands for. */
  at: number;
}

/** What stands for a bracketed number like `[1]` at this place of the text; null where the number is no citation. */
export type Cite = (n: number, offset: number) => Pill | null;

interface Block {
  token: Token;
  cites: CitationToken[];
  footnotes: FootnoteToken[];
  html: string;
  /** What its pills and footnotes were when it was drawn. */
  drawn: string;
}

/** The last block may grow, and the one before it may be joined with it. */
const unsettledBlocks = 2;

/**
 * Turns a growing Markdown text that nobody vouches for into HTML, one string per block: what is settled is neither
 * parsed nor drawn again. Raw HTML comes out as text, images as words with their host, links only to http, https and
 * mailto. Without `cite`, bracketed numbers stay text.
 */
export class MarkdownBlocks {
  #cite: Cite | undefined;
  readonly #found: CitationToken[] = [];
  #masked = '';
  #offset = 0;
  #pointer = 0;
  #blocks: Block[] = [];
  /** So many characters at the beginning are settled, in this many blocks. */
  #settled = { length: 0, blocks: 0, text: '' };
  readonly #parser: Marked;

  constructor(names: NoteNames) {
    this.#parser = this.#makeParser(names);
  }

  render(text: string, cite?: Cite): string[] {
    this.#cite = cite;
    if (!text.startsWith(this.#settled.text)) this.#settled = { length: 0, blocks: 0, text: '' };
    const { length, blocks } = this.#settled;
    this.#blocks.length = blocks;
    this.#read(text.slice(length), length);
    numberFootnotes(this.#blocks.flatMap((block) => block.footnotes));
    for (const block of this.#blocks) this.#draw(block);
    this.#settle(text);
    return this.#blocks.map(({ html }) => html);
  }

  #read(text: string, offset: number): void {
    this.#masked = maskCode(text);
    this.#offset = offset;
    this.#pointer = 0;
    this.#found.length = 0;
    let end = offset;
    let next = 0;
    for (const token of this.#parser.lexer(text)) {
      end += token.raw.length;
      const first = next;
      while ((this.#found[next]?.offset ?? Infinity) < end) next += 1;
      const cites = this.#found.slice(first, next);
      this.#blocks.push({ token, cites, footnotes: this.#footnotesOf(token), html: '', drawn: '\0' });
    }
  }

  #footnotesOf(token: Token): FootnoteToken[] {
    const found: FootnoteToken[] = [];
    // The parser walks below its own kinds of tokens and below ours.
    void this.#parser.walkTokens([token], (one) => {
      if (isFootnote(one)) found.push(one);
    });
    return found;
  }

  #draw(block: Block): void {
    const pills = block.cites
      .flatMap(({ numbers, offset }) => numbers.map((n) => this.#cite?.(n, offset)))
      .map((pill) => `${pill?.at ?? ''}${pill?.state ?? ''}`);
    const drawn = [...pills, ...block.footnotes.map(footnoteState)].join();
    if (drawn === block.drawn) return;
    block.drawn = drawn;
    block.html = this.#parser.parser([block.token]);
  }

  #settle(text: string): void {
    let { length, blocks } = this.#settled;
    let raw = '';
    const from = length;
    for (; blocks < this.#blocks.length - unsettledBlocks; blocks += 1)
      raw += this.#blocks[blocks]?.token.raw ?? '';
    length += raw.length;
    // Lexing may change white space: then the places of its tokens are not those of the text, and it is read anew.
    if (!text.startsWith(raw, from)) return;
    this.#settled = { length, blocks, text: text.slice(0, length) };
  }

  #makeParser(names: NoteNames): Marked {
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
        code: ({ text, lang }) =>
          `<pre tabindex="0"><code${languageClass(lang)}>${escapeHtml(text)}</code></pre>`,
        table(token) {
          return `<div class="table-scroll" tabindex="0">${tableHtml(token, (cell) => this.parser.parseInline(cell))}</div>`;
        },
        heading({ tokens, depth }) {
          return `<h${depth} dir="auto">${this.parser.parseInline(tokens)}</h${depth}>\n`;
        },
        list(token) {
          const tag = token.ordered ? 'ol' : 'ul';
          const start = token.ordered && token.start !== 1 ? ` start="${Number(token.start)}"` : '';
          const items = token.items.map((item) => this.listitem(item)).join('');
          return `<${tag} dir="${directionOf(token.items[0]?.text ?? '')}"${start}>\n${items}</${tag}>\n`;
        },
        listitem({ tokens, text }) {
          return `<li dir="${directionOf(text)}">${this.parser.parse(tokens)}</li>\n`;
        },
        blockquote({ tokens, text }) {
          return `<blockquote dir="${directionOf(text)}">\n${this.parser.parse(tokens)}</blockquote>\n`;
        },
        paragraph({ tokens }) {
          return `<p dir="auto">${this.parser.parseInline(tokens)}</p>\n`;
        },
      },
    });
    parser.use({
      extensions: [...mathTokens(escapeHtml), ...footnotes(escapeHtml, names), this.#citations()],
    });
    return parser;
  }

  /** `[1]` and `[1, 2]`, but not `[1](address)`; code never comes here. */
  #citations() {
    return {
      name: 'citation',
      level: 'inline' as const,
      start: (text: string) => text.match(/\[\d/)?.index,
      tokenizer: (text: string) => {
        if (this.#cite === undefined) return undefined;
        const token = citationAt(text, this.#masked, this.#pointer, this.#offset);
        if (token === null) return undefined;
        this.#pointer = token.offset - this.#offset + token.raw.length;
        this.#found.push(token);
        return token;
      },
      renderer: (token: Tokens.Generic) => {
        const { numbers, offset, raw } = token as unknown as CitationToken;
        const pills = numbers.map((n) => {
          const pill = this.#cite?.(n, offset);
          return pill ? pillHtml(n, pill) : '';
        });
        return pills.join('') || escapeHtml(raw);
      },
    };
  }
}

const strong = /\p{L}/u;
const fromTheRight =
  /^[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Samaritan}\p{Script=Mandaic}\p{Script=Adlam}\p{Script=Hanifi_Rohingya}]/u;

/**
 * Of what holds blocks, by its first letter: `dir="auto"` looks past children that have a direction of their own, and
 * would find nothing in them.
 */
function directionOf(text: string): 'ltr' | 'rtl' | 'auto' {
  const letter = strong.exec(text)?.[0];
  if (letter === undefined) return 'auto';
  return fromTheRight.test(letter) ? 'rtl' : 'ltr';
}

function pillHtml(n: number, { at, state, label }: Pill): string {
  return `<button type="button" class="pill" data-n="${n}" data-at="${at}" data-state="${state}" aria-label="${escapeHtml(label)}">${n}</button>`;
}

function tableHtml({ header, rows }: Tokens.Table, inline: (tokens: Token[]) => string): string {
  const cell = (one: Tokens.TableCell, tag: 'th' | 'td'): string => {
    const align = one.align ? ` align="${one.align}"` : '';
    return `<${tag} dir="auto"${align}>${inline(one.tokens)}</${tag}>`;
  };
  const row = (cells: Tokens.TableCell[], tag: 'th' | 'td'): string =>
    `<tr>${cells.map((one) => cell(one, tag)).join('')}</tr>`;
  return `<table><thead>${row(header, 'th')}</thead><tbody>${rows.map((cells) => row(cells, 'td')).join('')}</tbody></table>`;
}

/** Only a plain name: it becomes part of a class. */
function languageClass(lang: string | undefined): string {
  const name = /^[a-z0-9+#-]{1,20}/i.exec(lang ?? '')?.[0].toLowerCase();
  return name === undefined ? '' : ` class="language-${escapeHtml(name)}"`;
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

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character);
}
