import { execFileSync } from 'node:child_process';
import { deflateSync } from 'node:zlib';

/** Points: small, so that reading it takes little. */
export const paper = { width: 420, height: 80 };

/** What of text recognition is installed here; CI has it. */
export function canRecognise(): boolean {
  try {
    for (const program of ['tesseract', 'pdftoppm']) execFileSync(program, ['-v'], { stdio: 'ignore' });
    return true;
  } catch {
    // Not installed: the tests that need it say that they were skipped.
    return false;
  }
}

/** A strip of paper with a line of text, as a scanner would give it. */
export function scanOf(text: string, format: 'png' | 'pgm' | 'jpeg'): Buffer {
  return execFileSync('pdftoppm', ['-r', '150', '-gray', ...(format === 'pgm' ? [] : [`-${format}`]), '-'], {
    input: pdfOf([text]),
    maxBuffer: 64 * 1024 * 1024,
  });
}

/** A JPEG file that says how it is to be shown, as cameras do: 1 is upright, 3 upside down. */
export function withOrientation(jpeg: Buffer, orientation: number): Buffer {
  const exif = Buffer.from('Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0', 'latin1');
  exif.writeUInt16BE(orientation, 24);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(exif.length + 2);
  return Buffer.concat([jpeg.subarray(0, 2), Buffer.from([0xff, 0xe1]), length, exif, jpeg.subarray(2)]);
}

/** A PDF of pages that are a picture (PGM), or a line of text, or empty, each of that size in points. */
export function pdfOf(pages: readonly (Buffer | string | null)[], size = paper): Buffer {
  const objects: Buffer[] = [];
  const add = (text: string, stream?: Buffer): number => {
    const body =
      stream === undefined
        ? Buffer.from(text)
        : Buffer.concat([Buffer.from(`${text}\nstream\n`), stream, Buffer.from('\nendstream')]);
    return objects.push(body);
  };
  add('<< /Type /Catalog /Pages 2 0 R >>');
  add('');
  const font = add('<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>');
  const kids = pages.map((page) => {
    const picture = Buffer.isBuffer(page) ? addPicture(page, add) : null;
    const drawing =
      picture !== null
        ? `q ${size.width} 0 0 ${size.height} 0 0 cm /I Do Q`
        : page === null
          ? ''
          : `BT /F 16 Tf 20 36 Td (${page.toString()}) Tj ET`;
    const content = add(`<< /Length ${drawing.length} >>`, Buffer.from(drawing));
    const resources = `<< /Font << /F ${font} 0 R >> ${picture === null ? '' : `/XObject << /I ${picture} 0 R >>`} >>`;
    return add(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${size.width} ${size.height}] /Resources ${resources} /Contents ${content} 0 R >>`,
    );
  });
  objects[1] = Buffer.from(
    `<< /Type /Pages /Count ${kids.length} /Kids [${kids.map((kid) => `${kid} 0 R`).join(' ')}] >>`,
  );
  return writePdf(objects);
}

function addPicture(pgm: Buffer, add: (text: string, stream: Buffer) => number): number {
  const [head = '', width = '', height = ''] =
    /^P5\s+(\d+)\s+(\d+)\s+255\s/.exec(pgm.toString('latin1', 0, 40)) ?? [];
  const pixels = deflateSync(pgm.subarray(head.length));
  const form = `/Width ${width} /Height ${height} /ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /FlateDecode`;
  return add(`<< /Type /XObject /Subtype /Image ${form} /Length ${pixels.length} >>`, pixels);
}

function writePdf(objects: readonly Buffer[]): Buffer {
  const pieces = [Buffer.from('%PDF-1.4\n')];
  let at = 9;
  const places = objects.map((body, index) => {
    const whole = Buffer.concat([Buffer.from(`${index + 1} 0 obj\n`), body, Buffer.from('\nendobj\n')]);
    pieces.push(whole);
    const place = at;
    at += whole.length;
    return `${String(place).padStart(10, '0')} 00000 n \n`;
  });
  const count = objects.length + 1;
  const table = `xref\n0 ${count}\n0000000000 65535 f \n${places.join('')}`;
  pieces.push(Buffer.from(`${table}trailer\n<< /Size ${count} /Root 1 0 R >>\nstartxref\n${at}\n%%EOF\n`));
  return Buffer.concat(pieces);
}
