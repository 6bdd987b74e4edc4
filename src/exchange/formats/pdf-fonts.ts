import { join } from 'node:path';
import type { FontFinder } from './find-fonts.ts';
import type { Run } from './read-markdown.ts';

type Pdf = PDFKit.PDFDocument;

type Style = Pick<Run, 'bold' | 'italic' | 'code'>;

/** A part of a run that one font has. */
export interface Piece {
  text: string;
  font: string;
}

const builtIn = {
  plain: 'DejaVuSans.ttf',
  bold: 'DejaVuSans-Bold.ttf',
  italic: 'DejaVuSans-Oblique.ttf',
  'bold italic': 'DejaVuSans-BoldOblique.ttf',
  code: 'DejaVuSansMono.ttf',
  'bold code': 'DejaVuSansMono-Bold.ttf',
};

/** Have no shape of their own: whoever draws the letters around them needs no glyph. */
const shapeless = /[\p{Default_Ignorable_Code_Point}\n]/u;

/** The fonts of one document. Letters that none has stand as their numbers, so that no text is lost. */
export function openPdfFonts(pdf: Pdf, folder: string, finder: FontFinder) {
  for (const [name, file] of Object.entries(builtIn)) pdf.registerFont(name, join(folder, file));
  /** Whether it can be read, of each of the machine. Of East Asia there is one for each language. */
  const tried = new Map<string, boolean>();
  const glyphs = new Map<string, Map<string, boolean>>();
  let others: string[] = [];

  function has(font: string, letter: string): boolean {
    const known = glyphs.get(font) ?? new Map<string, boolean>();
    glyphs.set(font, known);
    let answer = known.get(letter);
    if (answer === undefined) {
      answer = shapeless.test(letter) || opened(pdf, font).hasGlyphForCodePoint(letter.codePointAt(0) ?? 0);
      known.set(letter, answer);
    }
    return answer;
  }

  const hasAll = (font: string, text: string): boolean => {
    for (const letter of text) if (!has(font, letter)) return false;
    return true;
  };

  return {
    /** Gets fonts for what is written next. False where a letter of it has none. */
    async prepare(text: string): Promise<boolean> {
      const missing = [...new Set(text)].filter((letter) => !has('plain', letter)).join('');
      others = [];
      if (missing === '') return true;
      for (const { path, face } of await finder.fontsFor(missing)) {
        const name = `${path}#${face ?? ''}`;
        if (!tried.has(name)) tried.set(name, isReadable(pdf.registerFont(name, path, face), name));
        if (tried.get(name) === true) others.push(name);
      }
      return Array.from(missing).every((letter) => others.some((font) => has(font, letter)));
    },

    /** By the fonts that have its letters, that of the run before all others. */
    piecesOf(text: string, run: Style): Piece[] {
      const own = fontOf(run);
      if (hasAll(own, text)) return [{ text, font: own }];
      const pieces: Piece[] = [];
      for (const { segment } of new Intl.Segmenter().segment(text)) {
        const font = [own, 'plain', ...others].find((one) => hasAll(one, segment));
        const last = pieces.at(-1);
        const piece = { text: font === undefined ? numbered(segment) : segment, font: font ?? 'plain' };
        if (last?.font === piece.font) last.text += piece.text;
        else pieces.push(piece);
      }
      return pieces;
    },

    /** The one font that has all of a text; null where it takes several. */
    fontFor: (text: string, run: Style): string | null =>
      [fontOf(run), 'plain', ...others].find((one) => hasAll(one, text)) ?? null,

    /** So that letters of any font stand on one line: points from the top of a line to that. */
    baseline: (size: number): number =>
      (-opened(pdf, 'plain').ascent / opened(pdf, 'plain').unitsPerEm) * size,
  };

  /** Letters that no font has, as `⟨U+4E2D⟩`. */
  function numbered(text: string): string {
    return Array.from(text)
      .map((letter) =>
        has('plain', letter)
          ? letter
          : `⟨U+${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟩`,
      )
      .join('');
  }
}

export type PdfFonts = ReturnType<typeof openPdfFonts>;

export function fontOf({ bold = false, italic = false, code = false }: Style): string {
  if (code) return bold ? 'bold code' : 'code';
  return [bold ? 'bold' : '', italic ? 'italic' : ''].filter(Boolean).join(' ') || 'plain';
}

interface OpenedFont {
  hasGlyphForCodePoint(codePoint: number): boolean;
  ascent: number;
  unitsPerEm: number;
}

/** Safe: every font here is a file, and of those the document keeps what its font tools have opened. */
function opened(pdf: Pdf, name: string): OpenedFont {
  return (pdf.font(name) as unknown as { _font: { font: OpenedFont } })._font.font;
}

/** A damaged file, or one without the face: its letters stand as numbers, and the document says so. */
function isReadable(pdf: Pdf, name: string): boolean {
  try {
    return typeof opened(pdf, name).hasGlyphForCodePoint(0x20) === 'boolean';
  } catch {
    return false;
  }
}
