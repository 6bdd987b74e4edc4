import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

export const report = new URL('../../../examples/aurora-annual-report-2025.pdf', import.meta.url);

export interface TestFile {
  name: string;
  bytes: Uint8Array<ArrayBuffer>;
}

export function textFile(name: string, text: string): TestFile {
  return { name, bytes: Uint8Array.from(Buffer.from(text)) };
}

/** The example report: ten pages with tables. */
export async function reportFile(): Promise<TestFile> {
  return { name: 'report.pdf', bytes: Uint8Array.from(await readFile(report)) };
}

/** One page for each text; a page without text holds a line drawing. @param more of the dictionary of each page */
export function pdfFile(
  name: string,
  pages: readonly string[],
  trailer = '',
  more: readonly string[] = [],
): TestFile {
  const first = 4;
  const objects = [
    '<</Type/Catalog/Pages 2 0 R>>',
    `<</Type/Pages/Count ${pages.length}/Kids[${pages.map((_, at) => `${first + 2 * at} 0 R`).join(' ')}]>>`,
    '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>',
    ...pages.flatMap((text, at) => {
      const drawing = text === '' ? '0 0 m 300 300 l S' : `BT /F1 12 Tf 72 700 Td (${text}) Tj ET`;
      return [
        `<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents ${first + 2 * at + 1} 0 R/Resources<</Font<</F1 3 0 R>>>>${more[at] ?? ''}>>`,
        `<</Length ${drawing.length}>>\nstream\n${drawing}\nendstream`,
      ];
    }),
  ];
  let body = '%PDF-1.4\n';
  const offsets = objects.map((object, at) => {
    const offset = body.length;
    body += `${at + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const size = objects.length + 1;
  const end = `xref\n0 ${size}\n0000000000 65535 f \n${table}trailer\n<</Size ${size}/Root 1 0 R${trailer}>>\nstartxref\n${body.length}\n%%EOF\n`;
  return textFile(name, body + end);
}

/** Says that it is encrypted; no password fits its keys. */
export function encryptedPdf(name: string, text = 'secret'): TestFile {
  const key = '00'.repeat(32);
  return pdfFile(name, [text], `/ID[<00><00>]/Encrypt<</Filter/Standard/V 1/R 2/O<${key}>/U<${key}>/P -4>>`);
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
