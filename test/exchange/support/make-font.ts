import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** DejaVu Sans with other letters: each of these code points is drawn as the Latin letter of the same turn. */
export function makeFont(codePoints: readonly number[]): Buffer {
  const path = createRequire(import.meta.url).resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf');
  const font = renamed(readFileSync(path));
  const tables = font.readUInt16BE(4);
  for (let at = 0; at < tables; at += 1) {
    const record = 12 + 16 * at;
    if (font.toString('latin1', record, record + 4) !== 'cmap') continue;
    const cmap = makeCmap(codePoints);
    font.writeUInt32BE(font.length, record + 8);
    font.writeUInt32BE(cmap.length, record + 12);
    return Buffer.concat([font, cmap]);
  }
  throw new Error('the font has no letters');
}

/** A PDF holds one font of a name. */
function renamed(font: Buffer): Buffer {
  for (const [before, after] of [
    [Buffer.from('DejaVuSans', 'latin1'), Buffer.from('DejaVuMade', 'latin1')],
    [Buffer.from('DejaVuSans', 'utf16le').swap16(), Buffer.from('DejaVuMade', 'utf16le').swap16()],
  ] as const)
    for (let at = font.indexOf(before); at >= 0; at = font.indexOf(before, at)) after.copy(font, at);
  return font;
}

/** Of DejaVu Sans, where the capital letters lie in their order. */
const glyphOfA = 36;

/** One table of format 12: a group for each code point. */
function makeCmap(codePoints: readonly number[]): Buffer {
  const groups = codePoints.toSorted((a, b) => a - b);
  const bytes = Buffer.alloc(12 + 16 + 12 * groups.length);
  bytes.writeUInt16BE(1, 2);
  bytes.writeUInt16BE(3, 4);
  bytes.writeUInt16BE(10, 6);
  bytes.writeUInt32BE(12, 8);
  bytes.writeUInt16BE(12, 12);
  bytes.writeUInt32BE(16 + 12 * groups.length, 16);
  bytes.writeUInt32BE(groups.length, 24);
  for (const [at, codePoint] of groups.entries()) {
    const group = 28 + 12 * at;
    bytes.writeUInt32BE(codePoint, group);
    bytes.writeUInt32BE(codePoint, group + 4);
    bytes.writeUInt32BE(glyphOfA + (at % 26), group + 8);
  }
  return bytes;
}
