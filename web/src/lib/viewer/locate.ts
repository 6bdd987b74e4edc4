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
export function placeOf(hay: Flat, needle: Flat): Place | null {
  const found = findAll(hay, needle.text);
  return found.length === 1 ? placeAt(hay, found[0] ?? 0, (found[0] ?? 0) + needle.text.length) : null;
}

/**
 * Where a quote stands in the passage that it is from, which may stand there in part.
 * @param letters of the passage before the quote, which tell several equal places apart
 */
export function quoteIn(
  page: Flat,
  within: Place,
  passage: Flat,
  quote: Flat,
  letters: number,
): Place | null {
  const [from, to] = [indexOf(page, within.start), indexOf(page, within.end)];
  const found = findAll(page, quote.text).filter((at) => at >= from && at + quote.text.length <= to);
  const isWhole = to - from === passage.text.length;
  const at =
    found.length === 1 ? found[0] : isWhole ? found.find((one) => one - from === letters) : undefined;
  return at === undefined ? null : placeAt(page, at, at + quote.text.length);
}

/**
 * Where a passage stands on a page that may hold only its beginning, its end or its middle; null when less than a line
 * of it is found, or several places are as likely.
 */
function placeOfPart(page: Flat, passage: Flat, before: Flat): Place | null {
  const whole = findAll(page, passage.text);
  if (passage.text.length < shortestPiece || whole.length === 0)
    return beginningOn(page, passage) ?? endingOn(page, passage);
  const at = theMost(whole, (one) => lettersBefore(page, one, before));
  return at === null ? null : placeAt(page, at, at + passage.text.length);
}

/**
 * Where a passage stands on a page that may have columns, notes or a running head between its lines, or has them in another
 * order: in one place, or else the pieces of the page that hold most of it; none when that is uncertain.
 * @param starts where the pieces of the page begin, in the text that it was made from
 * @param before what stands before the passage, which tells several equal places apart
 */
export function placesOf(page: Flat, starts: readonly number[], passage: Flat, before: Flat): Place[] {
  const part = placeOfPart(page, passage, before);
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
  if (passage.text.length < anchorLength) return null;
  const lengthAt = (at: number) => lettersBehind(page, at, passage);
  const found = theMost(findAll(page, passage.text.slice(0, anchorLength)), lengthAt);
  return found === null ? null : placeAt(page, found, found + lengthAt(found));
}

/** The passage began before and ends here. */
function endingOn(page: Flat, passage: Flat): Place | null {
  if (passage.text.length < anchorLength) return null;
  const ends = findAll(page, passage.text.slice(-anchorLength)).map((at) => at + anchorLength);
  const lengthTo = (end: number) => lettersBefore(page, end, passage);
  const end = theMost(ends, lengthTo);
  return end === null ? null : placeAt(page, end - lengthTo(end), end);
}

/** Every place of a text, none when it is empty. */
function findAll({ text: hay }: Flat, needle: string): number[] {
  const found: number[] = [];
  if (needle === '') return found;
  for (let at = hay.indexOf(needle); at >= 0; at = hay.indexOf(needle, at + 1)) found.push(at);
  return found;
}

/** The one of which there is most; null when there are several of those. */
function theMost(all: readonly number[], measure: (one: number) => number): number | null {
  const measured = all.map((one) => ({ one, much: measure(one) })).toSorted((a, b) => b.much - a.much);
  const [first, second] = measured;
  return first === undefined || first.much === second?.much ? null : first.one;
}

/** How many letters of a page from `at` on are those that a text begins with. */
function lettersBehind({ text: page }: Flat, at: number, { text }: Flat): number {
  let length = 0;
  while (text[length] !== undefined && text[length] === page[at + length]) length += 1;
  return length;
}

/** How many letters of a page before `at` are those that a text ends with. */
function lettersBefore({ text: page }: Flat, at: number, { text }: Flat): number {
  let length = 0;
  const most = Math.min(at, text.length);
  while (length < most && page[at - length - 1] === text[text.length - length - 1]) length += 1;
  return length;
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
