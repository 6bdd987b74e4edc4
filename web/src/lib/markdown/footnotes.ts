import type { TokenizerAndRendererExtension, Tokens } from 'marked';

/** What footnotes of one text are called. */
export interface NoteNames {
  /** Of the text, unique in the page. */
  id: string;
  note(number: number): string;
  /** Of the way back from a footnote. */
  back(number: number): string;
}

/** `[^label]`; `nth` of the marks of its footnote. */
interface MarkToken {
  type: 'footnoteMark';
  raw: string;
  label: string;
  place: { number: number; nth: number } | null;
}

/** `[^label]: text`, which so many marks name. */
interface NoteToken {
  type: 'footnote';
  raw: string;
  label: string;
  tokens: Tokens.Generic['tokens'];
  place: { number: number; marks: number } | null;
}

export type FootnoteToken = MarkToken | NoteToken;

export function isFootnote(token: { type: string }): token is FootnoteToken {
  return token.type === 'footnote' || token.type === 'footnoteMark';
}

/** Gives footnotes their numbers, in the order of their first marks. What has no other half keeps none. */
export function numberFootnotes(tokens: readonly FootnoteToken[]): void {
  const notes = new Map<string, NoteToken>();
  for (const token of tokens) {
    token.place = null;
    const key = token.label.toLowerCase();
    if (token.type === 'footnote' && !notes.has(key)) notes.set(key, token);
  }
  let numbers = 0;
  for (const token of tokens) {
    if (token.type === 'footnote') continue;
    const note = notes.get(token.label.toLowerCase());
    if (!note) continue;
    note.place ??= { number: (numbers += 1), marks: 0 };
    note.place.marks += 1;
    token.place = { number: note.place.number, nth: note.place.marks };
  }
}

/** Tells drawn footnotes apart. */
export function footnoteState({ place }: FootnoteToken): string {
  return place ? Object.values(place).join('.') : '-';
}

/** `[^1]` becomes a raised number that leads to its footnote, `[^1]: text` a small paragraph where it stands. */
export function footnotes(
  escapeHtml: (text: string) => string,
  { id, note, back }: NoteNames,
): TokenizerAndRendererExtension[] {
  const noteId = (number: number): string => escapeHtml(`${id}-note-${number}`);
  const markId = (number: number, nth: number): string => escapeHtml(`${id}-mark-${number}-${nth}`);

  function backLinks({ number, marks }: { number: number; marks: number }): string {
    const label = escapeHtml(back(number));
    return Array.from({ length: marks }, (_, at) => {
      const nth = marks > 1 ? `<sup>${at + 1}</sup>` : '';
      return ` <a class="note-back" href="#${markId(number, at + 1)}" aria-label="${label}">↩${nth}</a>`;
    }).join('');
  }

  return [
    {
      name: 'footnote',
      level: 'block',
      start: (text) => text.match(/^\[\^/m)?.index,
      tokenizer(text) {
        // Lines that are indented belong to it.
        const match = /^\[\^([^\s\]^[]{1,40})\]:[ \t]+([^\n]+(?:\n[ \t]+[^\s][^\n]*)*)(?:\n|$)/.exec(text);
        if (!match) return undefined;
        const token: NoteToken = {
          type: 'footnote',
          raw: match[0],
          label: match[1] ?? '',
          tokens: [],
          place: null,
        };
        this.lexer.inline((match[2] ?? '').replaceAll(/\n[ \t]+/g, '\n'), token.tokens);
        return token;
      },
      renderer(token: Tokens.Generic) {
        const { label, place, tokens } = token as NoteToken;
        const text = this.parser.parseInline(tokens ?? []);
        if (!place) return `<p class="footnote" dir="auto"><sup>${escapeHtml(label)}</sup> ${text}</p>\n`;
        const { number } = place;
        return `<p class="footnote" dir="auto" id="${noteId(number)}" tabindex="-1"><sup>${number}</sup> ${text}${backLinks(place)}</p>\n`;
      },
    },
    {
      name: 'footnoteMark',
      level: 'inline',
      start: (text) => text.match(/\[\^/)?.index,
      tokenizer(text) {
        const match = /^\[\^([^\s\]^[]{1,40})\](?!:)/.exec(text);
        if (!match) return undefined;
        return { type: 'footnoteMark', raw: match[0], label: match[1] ?? '', place: null };
      },
      renderer(token: Tokens.Generic) {
        const { raw, place } = token as MarkToken;
        // Nothing below says what it means: it is what was written.
        if (!place) return escapeHtml(raw);
        const { number, nth } = place;
        return `<sup><a class="note-mark" id="${markId(number, nth)}" href="#${noteId(number)}" aria-label="${escapeHtml(note(number))}">${number}</a></sup>`;
      },
    },
  ];
}
