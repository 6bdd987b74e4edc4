import type { Piece } from './markers.ts';

/** So much is held back to see whether a footnote has a definition; past it, it is kept. */
const longestWait = 2_000;

/** Holds an answer back from a footnote on that names no source, until it is known whether it is defined below. */
export function createFootnoteReader(isSource: (n: number) => boolean): {
  read(pieces: readonly Piece[], isEnd: boolean): Piece[];
} {
  let held: Piece[] = [];
  return {
    read(pieces, isEnd) {
      const all = [...held, ...pieces];
      const known: Piece[] = [];
      for (const [at, piece] of all.entries()) {
        if (piece.type === 'text' || piece.otherwise !== 'footnote' || piece.numbers.some(isSource)) {
          known.push(piece);
          continue;
        }
        const below = textBelow(all, at + 1);
        const isKept = below.length >= longestWait || isDefined(piece.text, below);
        if (!isKept && !isEnd) break;
        known.push(isKept ? { type: 'text', text: piece.text } : piece);
      }
      held = all.slice(known.length);
      return known;
    },
  };
}

function textBelow(pieces: readonly Piece[], from: number): string {
  let text = '';
  for (let at = from; at < pieces.length && text.length < longestWait; at += 1) text += pieces[at]?.text;
  return text.slice(0, longestWait);
}

function isDefined(footnote: string, below: string): boolean {
  return below.split('\n').some((line) => line.trimStart().startsWith(`${footnote}:`));
}
