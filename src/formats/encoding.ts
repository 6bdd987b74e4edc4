import { normalise } from '../indexing/normalise.ts';
import { guessEncoding } from './encoding-guess.ts';

/** Only this much is looked at to find the encoding. */
const sampleBytes = 64 * 1024;

export interface DecodedText {
  text: string;
  encoding: string;
  /** For its reader, where the encoding could only be guessed and another one fits nearly as well. */
  warnings: string[];
}

/**
 * Decodes text whose encoding nobody has declared: byte order mark, UTF-8, UTF-16 and UTF-32
 * without a mark, then a guess from the frequencies of letters. A mark is not part of the text.
 * @param declared encoding named by the document itself; used where the bytes are not valid UTF-8
 */
export function decodeText(bytes: Uint8Array, declared?: string): DecodedText {
  const marked = readMark(bytes);
  if (marked) return certain(bytes.subarray(marked.length), marked.encoding);
  const wide = guessWide(bytes);
  if (wide) return certain(bytes, wide);
  // Seven-bit text may still be ISO-2022, which switches alphabets by escape sequences.
  const escapes = bytes.subarray(0, sampleBytes).includes(0x1b);
  if (!escapes && isUtf8(bytes)) return certain(bytes, 'utf-8');
  const known = supported(declared);
  if (known !== undefined) return certain(bytes, known);
  const { encoding, isDoubtful } = guessEncoding(bytes.subarray(0, sampleBytes));
  return { ...certain(bytes, encoding), warnings: isDoubtful ? [assumed(encoding)] : [] };
}

function certain(bytes: Uint8Array, encoding: string): DecodedText {
  return { text: decode(bytes, encoding), encoding, warnings: [] };
}

function assumed(encoding: string): string {
  return `The file does not say how its letters are encoded, and they were read as ${encoding}. If some look wrong, save it as UTF-8 and upload it again.`;
}

/** Whether all bytes are valid UTF-8; a character cut off at the very end is forgiven. */
export function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** UTF-16 or UTF-32 without a byte order mark, by where the zero bytes are. */
export function guessWide(bytes: Uint8Array): string | null {
  const length = Math.min(bytes.length, 4096) & ~3;
  if (length < 4) return null;
  const zeros = [0, 0, 0, 0];
  for (let index = 0; index < length; index++) if (bytes[index] === 0) zeros[index & 3]!++;
  const [a, b, c, d] = zeros.map((count) => count / (length / 4)) as [number, number, number, number];
  if (a > 0.95 && b > 0.95 && d < 0.2) return 'utf-32be';
  if (c > 0.95 && d > 0.95 && a < 0.2) return 'utf-32le';
  if (Math.min(a, c) > 0.6 && b + d < 0.1) return 'utf-16be';
  return Math.min(b, d) > 0.6 && a + c < 0.1 ? 'utf-16le' : null;
}

export function readMark(bytes: Uint8Array): { encoding: string; length: number } | null {
  const [a, b, c, d] = bytes;
  if (a === 0xef && b === 0xbb && c === 0xbf) return { encoding: 'utf-8', length: 3 };
  if (a === 0xff && b === 0xfe && c === 0 && d === 0) return { encoding: 'utf-32le', length: 4 };
  if (a === 0 && b === 0 && c === 0xfe && d === 0xff) return { encoding: 'utf-32be', length: 4 };
  if (a === 0xff && b === 0xfe) return { encoding: 'utf-16le', length: 2 };
  return a === 0xfe && b === 0xff ? { encoding: 'utf-16be', length: 2 } : null;
}

/** The name under which `decode` knows an encoding, or undefined. */
function supported(label: string | undefined): string | undefined {
  if (!label) return undefined;
  const lower = label.trim().toLowerCase();
  if (/^utf-?32/.test(lower)) return lower.endsWith('be') ? 'utf-32be' : 'utf-32le';
  try {
    return new TextDecoder(lower).encoding;
  } catch {
    return undefined;
  }
}

function decode(bytes: Uint8Array, encoding: string): string {
  return encoding.startsWith('utf-32')
    ? decodeUtf32(bytes, encoding === 'utf-32le')
    : composed(new TextDecoder(encoding).decode(bytes), encoding);
}

/** Windows-1258 writes the tone of a Vietnamese vowel as a sign of its own; everybody else writes one letter. */
function composed(text: string, encoding: string): string {
  return encoding === 'windows-1258' ? normalise(text, 'NFC') : text;
}

function decodeUtf32(bytes: Uint8Array, littleEndian: boolean): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: string[] = [];
  for (let offset = 0; offset + 4 <= bytes.length; offset += 4) {
    const point = view.getUint32(offset, littleEndian);
    parts.push(point > 0x10ffff ? '\ufffd' : String.fromCodePoint(point));
  }
  return parts.join('');
}
