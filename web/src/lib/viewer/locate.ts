/** A text by its letters and digits alone, and where each of them stood. */
export interface Flat {
  text: string;
  /** Offsets in the text that it was made from. */
  at: number[];
  end: number;
}

export interface Place {
  start: number;
  end: number;
}

/** So many letters and digits are no accident. */
const anchorLength = 24;
/** Shorter pieces stand in many places. */
const shortestPiece = 12;

/** White space, hyphens, ligatures, punctuation and case differ between a document's text and the page that shows it. */
export function flatten(text: string): Flat {
  const at: number[] = [];
  let flat = '';
  let offset = 0;
  for (const character of text) {
    for (const part of character.normalize('NFKC').toLowerCase()) {
      if (!/[\p{L}\p{N}]/u.test(part)) continue;
      flat += part;
      for (let unit = 0; unit < part.length; unit += 1) at.push(offset);
    }
    offset += character.length;
  }
  return { text: flat, at, end: text.length };
}

/** Where `needle` stands in `hay`; null when it does not, or when it stands in several places. */
export function placeOf(hay: Flat, needle: Flat, within: Place | null = null): Place | null {
  if (needle.text.length === 0) return null;
  const found = hay.text.indexOf(needle.text, within ? indexOf(hay, within.start) : 0);
  if (found < 0) return null;
  const place = placeAt(hay, found, found + needle.text.length);
  if (within) return place.end <= within.end ? place : null;
  return hay.text.includes(needle.text, found + 1) ? null : place;
}

/**
 * Where a passage stands on a page that may hold only its beginning, its end or its middle; null when less than a line
 * of it is found.
 */
function placeOfPart(page: Flat, passage: Flat): Place | null {
  const whole = page.text.indexOf(passage.text);
  if (passage.text.length >= shortestPiece && whole >= 0) {
    return placeAt(page, whole, whole + passage.text.length);
  }
  return beginningOn(page, passage) ?? endingOn(page, passage);
}

/**
 * Where a passage stands on a page that may have columns, notes or a running head between its lines, or has them in another
 * order: in one place, or else the pieces of the page that hold most of it; none when that is uncertain.
 * @param starts where the pieces of the page begin, in the text that it was made from
 */
export function placesOf(page: Flat, starts: readonly number[], passage: Flat): Place[] {
  const part = placeOfPart(page, passage);
  const pieces = piecesOf(page, starts, passage);
  const lettersOf = (places: readonly Place[]) =>
    places.reduce((sum, { start, end }) => sum + indexOf(page, end) - indexOf(page, start), 0);
  if (part === null || lettersOf(pieces) > lettersOf([part])) return pieces;
  return [part];
}

/** Pieces that stand in the passage and once on the page; none when they are less than half of the passage. */
function piecesOf(page: Flat, starts: readonly number[], passage: Flat): Place[] {
  const found: Place[] = [];
  let letters = 0;
  for (const [index, start] of starts.entries()) {
    const [from, to] = [indexOf(page, start), indexOf(page, starts[index + 1] ?? page.end)];
    const piece = page.text.slice(from, to);
    if (piece.length < shortestPiece || !passage.text.includes(piece)) continue;
    if (page.text.indexOf(piece) !== page.text.lastIndexOf(piece)) continue;
    found.push(placeAt(page, from, to));
    letters += piece.length;
  }
  return 2 * letters >= passage.text.length ? found : [];
}

/** The passage begins here and goes on until it differs, or on the next page. */
function beginningOn(page: Flat, passage: Flat): Place | null {
  const found = page.text.indexOf(passage.text.slice(0, anchorLength));
  if (passage.text.length < anchorLength || found < 0) return null;
  let length = anchorLength;
  while (passage.text[length] !== undefined && passage.text[length] === page.text[found + length])
    length += 1;
  return placeAt(page, found, found + length);
}

/** The passage began before and ends here. */
function endingOn(page: Flat, passage: Flat): Place | null {
  const found = page.text.indexOf(passage.text.slice(-anchorLength));
  if (passage.text.length < anchorLength || found < 0) return null;
  const end = found + anchorLength;
  let length = anchorLength;
  while (
    passage.text.at(-length - 1) !== undefined &&
    end - length > 0 &&
    passage.text.at(-length - 1) === page.text[end - length - 1]
  ) {
    length += 1;
  }
  return placeAt(page, end - length, end);
}

function placeAt({ at, end }: Flat, from: number, to: number): Place {
  const last = at[to - 1] ?? end - 1;
  return { start: at[from] ?? 0, end: Math.min(end, last + 1) };
}

/** The first kept character at or behind an offset. */
function indexOf({ at }: Flat, offset: number): number {
  let low = 0;
  let high = at.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((at[middle] ?? 0) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
