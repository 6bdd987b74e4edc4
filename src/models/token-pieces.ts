const [other, upper, lower, digit, space, newline, beyond] = [0, 1, 2, 3, 4, 5, 6];

const classes = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (/[A-Z]/.test(character)) return upper;
  if (/[a-z]/.test(character)) return lower;
  if (/\d/.test(character)) return digit;
  if (/[\r\n]/.test(character)) return newline;
  return /\s/.test(character) ? space : other;
});

/** Of what ends the text: no pattern goes on there. */
const end = 7;

/**
 * Where the piece of text ends that begins at `start`, as the pattern of the o200k encoding cuts it; `start` itself where a
 * character beyond ASCII has a say in it.
 */
export function asciiPieceEnd(text: string, start: number): number {
  const first = classAt(text, start);
  if (first === beyond) return start;
  if (first === digit) return digitsEnd(text, start);
  const isLetter = first === upper || first === lower;
  // One character of any other kind goes with the word behind it.
  const wordStart = isLetter || first === newline ? start : start + 1;
  const next = classAt(text, wordStart);
  if (next === beyond) return start;
  if (next === upper || next === lower) return wordEnd(text, start, wordStart);
  if (first === other) return marksEnd(text, start, start);
  if (text.charCodeAt(start) === 32 && next === other) return marksEnd(text, start, start + 1);
  return spacesEnd(text, start);
}

/** `[A-Z]*[a-z]+` or `[A-Z]+`, and what an apostrophe leaves of English words. */
function wordEnd(text: string, start: number, from: number): number {
  let at = from;
  while (classAt(text, at) === upper) at += 1;
  while (classAt(text, at) === lower) at += 1;
  if (classAt(text, at) === beyond) return start;
  return at + suffixLength(text, at);
}

function suffixLength(text: string, at: number): number {
  if (text.charCodeAt(at) !== apostrophe) return 0;
  const one = text.charAt(at + 1).toLowerCase();
  if (one === 's' || one === 'd' || one === 'm' || one === 't') return 2;
  const two = text.slice(at + 1, at + 3).toLowerCase();
  return two === 'll' || two === 've' || two === 're' ? 3 : 0;
}

const apostrophe = 39;

/** Up to three. */
function digitsEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < start + 3 && classAt(text, at) === digit) at += 1;
  return at < start + 3 && classAt(text, at) === beyond ? start : at;
}

/** Punctuation, and the ends of lines behind it. */
function marksEnd(text: string, start: number, from: number): number {
  let at = from + 1;
  while (classAt(text, at) === other) at += 1;
  if (classAt(text, at) === beyond) return start;
  while (classAt(text, at) === newline || text.charCodeAt(at) === slash) at += 1;
  return at;
}

const slash = 47;

/** White space up to its last end of a line; else all but the last, which goes with the word behind it. */
function spacesEnd(text: string, start: number): number {
  let at = start;
  let lastLineEnd = start;
  let kind = classAt(text, at);
  while (kind === space || kind === newline) {
    at += 1;
    if (kind === newline) lastLineEnd = at;
    kind = classAt(text, at);
  }
  if (kind === beyond) return start;
  if (lastLineEnd > start) return lastLineEnd;
  return kind === end || at === start + 1 ? at : at - 1;
}

function classAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code < 128) return classes[code]!;
  return at < text.length ? beyond : end;
}

/** Whether more than `max` characters in a row are all white space, or all none. Looks at few of them. */
export function hasLongRun(text: string, max: number): boolean {
  for (let start = 0; start + max < text.length;) {
    let at = start + max;
    const isSpace = isWhiteSpace(text.charCodeAt(at));
    while (at >= start && isWhiteSpace(text.charCodeAt(at)) === isSpace) at -= 1;
    if (at < start) return true;
    start = at + 1;
  }
  return false;
}

/** What `\s` means. */
function isWhiteSpace(code: number): boolean {
  if (code < 128) return code === 32 || (code >= 9 && code <= 13);
  return code >= 160 && /\s/.test(String.fromCharCode(code));
}
