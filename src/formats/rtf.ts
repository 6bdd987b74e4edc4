import { AppError } from '../errors.ts';
import { BlockFlow } from './block-flow.ts';
import { DocumentBuilder } from './document-builder.ts';
import type { ExtractedDocument, ExtractionContext } from './format.ts';
import { rtfTokens, type RtfToken } from './rtf-tokens.ts';
import { emptyDocument } from './text-blocks.ts';

export async function extract(bytes: Uint8Array, context: ExtractionContext): Promise<ExtractedDocument> {
  const builder = new DocumentBuilder(context);
  const flow = new BlockFlow(builder);
  const reader = new RtfReader(flow, builder);
  let count = 0;
  for (const token of rtfTokens(Buffer.from(bytes).toString('latin1'))) {
    reader.take(token);
    if (++count % 200_000 === 0) context.progress(count, null);
  }
  reader.end();
  if (builder.isEmpty) throw emptyDocument();
  return builder.build(null);
}

interface State {
  /** `text` is shown; `title` and `fonts` are read for what they say; `skip` is not read. */
  target: 'text' | 'title' | 'fonts' | 'skip';
  encoding: string;
  /** How many characters after a Unicode one repeat it for old readers. */
  fallback: number;
  hidden: boolean;
}

/** Groups that hold no text of the document, beside all that are marked with a star. */
const silent = new Set([
  'colortbl',
  'stylesheet',
  'info',
  'pict',
  'object',
  'themedata',
  'datastore',
  'listtable',
  'listoverridetable',
  'rsidtbl',
  'generator',
  'xmlnstbl',
  'latentstyles',
  'fldinst',
  'filetbl',
  'revtbl',
  'bkmkstart',
  'bkmkend',
  'nonshppict',
  'listtext',
  'pntext',
  'pntxtb',
  'pntxta',
]);

const codePages: Record<number, string> = {
  437: 'windows-1252',
  850: 'windows-1252',
  866: 'ibm866',
  874: 'windows-874',
  932: 'shift_jis',
  936: 'gbk',
  949: 'euc-kr',
  950: 'big5',
  10000: 'macintosh',
  65001: 'utf-8',
};
/** Character sets of fonts, by the numbers of Windows. */
const charsets: Record<number, string> = {
  77: 'macintosh',
  128: 'shift_jis',
  129: 'euc-kr',
  134: 'gbk',
  136: 'big5',
  161: 'windows-1253',
  162: 'windows-1254',
  163: 'windows-1258',
  177: 'windows-1255',
  178: 'windows-1256',
  186: 'windows-1257',
  204: 'windows-1251',
  222: 'windows-874',
  238: 'windows-1250',
};

const maxDepth = 10_000;

class RtfReader {
  readonly #flow: BlockFlow;
  readonly #builder: DocumentBuilder;
  readonly #stack: State[] = [];
  readonly #fonts = new Map<number, string>();
  #state: State = { target: 'text', encoding: 'windows-1252', fallback: 1, hidden: false };
  #page = 'windows-1252';
  #font = 0;
  #bytes: number[] = [];
  #skipCharacters = 0;
  #starred = false;
  #inRow = false;
  #rowIsOpen = false;

  constructor(flow: BlockFlow, builder: DocumentBuilder) {
    this.#flow = flow;
    this.#builder = builder;
  }

  take(token: RtfToken): void {
    if (token.kind === 'byte') {
      if (this.#skipCharacters > 0) this.#skipCharacters--;
      else this.#bytes.push(token.value);
      return;
    }
    this.#flushBytes();
    if (token.kind === 'open') this.#open();
    else if (token.kind === 'close') this.#close();
    else if (token.kind === 'word') this.#control(token.name, token.value);
    else this.#characters(token.text);
  }

  end(): void {
    this.#flushBytes();
    this.#endTable();
    this.#flow.end();
  }

  #open(): void {
    this.#stack.push({ ...this.#state });
    this.#starred = false;
    if (this.#stack.length > maxDepth)
      throw new AppError(
        'document_too_complex',
        'The document is nested too deeply. Save it anew in a simpler form.',
      );
  }

  #close(): void {
    this.#state = this.#stack.pop() ?? this.#state;
    this.#skipCharacters = 0;
  }

  #control(name: string, value: number | null): void {
    const state = this.#state;
    if (name === '*') {
      this.#starred = true;
      return;
    }
    if (this.#starred || silent.has(name)) {
      this.#starred = false;
      // A star says that an old reader may skip the group; these hold text all the same.
      if (!/^(shpinst|shptxt|footnote|ud|upr)$/.test(name)) state.target = 'skip';
    }
    if (name === 'title' && this.#stack.length <= 3) state.target = 'title';
    else if (name === 'fonttbl') state.target = 'fonts';
    else if (name === 'ansicpg')
      this.#page = state.encoding =
        codePages[value ?? 0] ?? (isWindows(value) ? `windows-${value}` : 'windows-1252');
    else if (name === 'f') {
      this.#font = value ?? 0;
      if (state.target !== 'fonts') state.encoding = this.#fonts.get(this.#font) ?? this.#page;
    } else if (name === 'fcharset' && state.target === 'fonts') {
      const encoding = charsets[value ?? 0];
      if (encoding) this.#fonts.set(this.#font, encoding);
    } else if (name === 'uc') state.fallback = Math.min(Math.max(value ?? 1, 0), 20);
    else if (name === 'u' && value !== null) {
      this.#write(String.fromCharCode(value & 0xffff));
      this.#skipCharacters = state.fallback;
    } else if (name === 'v') state.hidden = value !== 0;
    else if (name === 'plain') state.hidden = false;
    else this.#layout(name, value);
  }

  #layout(name: string, value: number | null): void {
    if (this.#state.target !== 'text') return;
    const flow = this.#flow;
    if (name === 'par' || name === 'sect' || name === 'page') {
      if (this.#inRow) flow.text(' ');
      else this.#newParagraph();
    } else if (name === 'outlinelevel' && value !== null && value < 9)
      flow.become('heading', { level: value + 1 });
    else if (name === 'pard') this.#inRow = false;
    else if (name === 'intbl' || name === 'trowd') {
      this.#inRow ||= name === 'intbl';
      this.#openRow();
    } else if (name === 'cell') {
      flow.closeCell();
      flow.openCell();
    } else if (name === 'row') {
      flow.dropCell();
      this.#rowIsOpen = this.#inRow = false;
    } else if (name === 'line') flow.text('\n');
    else if (name === 'tab') flow.text(' ');
    else if (name in signs) flow.text(signs[name] as string);
    else if (name === 'footnote') flow.text(' ');
  }

  /** Word defines a row before its cells and once more after them. */
  #openRow(): void {
    if (this.#rowIsOpen) return;
    this.#rowIsOpen = true;
    if (!this.#flow.isInTable) this.#flow.openTable();
    this.#flow.openRow();
    this.#flow.openCell();
  }

  #newParagraph(): void {
    this.#endTable();
    this.#flow.block('paragraph');
  }

  #endTable(): void {
    if (!this.#flow.isInTable || this.#inRow) return;
    if (this.#rowIsOpen) this.#flow.dropCell();
    this.#rowIsOpen = false;
    this.#flow.closeTable();
  }

  #characters(text: string): void {
    const skip = Math.min(this.#skipCharacters, text.length);
    this.#skipCharacters -= skip;
    const rest = text.slice(skip);
    // Bytes above ASCII belong in the code page, though the standard wants them escaped.
    if (/[\u0080-\u00ff]/.test(rest))
      this.#write(new TextDecoder(this.#state.encoding).decode(Buffer.from(rest, 'latin1')));
    else this.#write(rest);
  }

  #flushBytes(): void {
    if (this.#bytes.length === 0) return;
    this.#write(new TextDecoder(this.#state.encoding).decode(Uint8Array.from(this.#bytes)));
    this.#bytes = [];
  }

  #write(text: string): void {
    const { target, hidden } = this.#state;
    if (target === 'text' && !hidden) {
      // Text outside a row ends the table above it.
      if (!this.#inRow && this.#flow.isInTable && text.trim() !== '') this.#endTable();
      this.#flow.text(text);
    } else if (target === 'title') this.#builder.title = (this.#builder.title ?? '') + text;
  }
}

const signs: Record<string, string> = {
  emdash: '—',
  endash: '–',
  lquote: '‘',
  rquote: '’',
  ldblquote: '“',
  rdblquote: '”',
  bullet: '•',
  emspace: ' ',
  enspace: ' ',
};

function isWindows(page: number | null): boolean {
  return page !== null && page >= 1250 && page <= 1258;
}
