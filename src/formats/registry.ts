import { csv } from './csv.ts';
import { docx } from './docx.ts';
import { eml } from './eml.ts';
import { epub } from './epub.ts';
import type { Format } from './format.ts';
import { html } from './html.ts';
import { json } from './json.ts';
import { markdown } from './markdown.ts';
import { odf } from './odf.ts';
import { oleStorage } from './ole.ts';
import { pdf } from './pdf.ts';
import { picture } from './picture.ts';
import { plainText } from './plain-text.ts';
import { pptx } from './pptx.ts';
import { rtf } from './rtf.ts';
import { sourceCode } from './source-code.ts';
import { xlsx } from './xlsx.ts';

/** Every format that can be read. */
export const formats: Format[] = [
  pdf,
  docx,
  pptx,
  xlsx,
  odf,
  rtf,
  epub,
  html,
  eml,
  markdown,
  csv,
  json,
  plainText,
  sourceCode,
  picture,
];

/** Legacy Office files are known only to be refused with advice. */
const byMediaType = new Map(
  [...formats, oleStorage].flatMap((format) => format.mediaTypes.map((type) => [type, format] as const)),
);

/** The format of a media type without parameters, or undefined. */
export function formatOf(mediaType: string): Format | undefined {
  return byMediaType.get(mediaType);
}
