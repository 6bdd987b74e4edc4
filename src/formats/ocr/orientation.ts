/** Of the first directory of Exif data. */
const orientationTag = 0x0112;
/** Where a JPEG file, a PNG file and a WebP file have their Exif data; the last two give its length or kind before it. */
const markers = ['Exif\0\0', 'eXIf', 'EXIF'];
const upright = 1;
const lastOrientation = 8;

/** Whether a picture says that it is to be shown turned or mirrored: browsers do as it says, tesseract does not. */
export function isShownTurned(picture: Uint8Array): boolean {
  const file = Buffer.from(picture.buffer, picture.byteOffset, picture.byteLength);
  return markers.some((marker) => {
    const found = file.indexOf(marker, 0, 'latin1');
    const orientation = found < 0 ? upright : orientationIn(file, found + marker.length);
    return orientation > upright && orientation <= lastOrientation;
  });
}

/** Upright where there is no directory at `from`, or a few bytes behind it. */
function orientationIn(file: Buffer, from: number): number {
  const start = ['II*\0', 'MM\0*']
    .map((head) => file.indexOf(head, from, 'latin1'))
    .filter((at) => at >= 0 && at - from <= 16)
    .toSorted((a, b) => a - b)[0];
  if (start === undefined || start + 8 > file.length) return upright;
  const isLittle = file[start] === 0x49;
  const short = (at: number): number =>
    at + 2 > file.length ? 0 : isLittle ? file.readUInt16LE(at) : file.readUInt16BE(at);
  const directory = start + (isLittle ? file.readUInt32LE(start + 4) : file.readUInt32BE(start + 4));
  const entries = short(directory);
  for (let entry = 0; entry < entries; entry += 1) {
    const at = directory + 2 + 12 * entry;
    if (at + 12 > file.length) return upright;
    if (short(at) === orientationTag) return short(at + 8);
  }
  return upright;
}
