import { constants, inflateRawSync } from 'node:zlib';

const office = 'application/vnd.openxmlformats-officedocument';

/** What an empty or broken shell of these names was meant to be, so that it fails with a reason. */
export const shellTypes: Record<string, string> = {
  pdf: 'application/pdf',
  docx: `${office}.wordprocessingml.document`,
  pptx: `${office}.presentationml.presentation`,
  xlsx: `${office}.spreadsheetml.sheet`,
  xlsm: `${office}.spreadsheetml.sheet`,
  epub: 'application/epub+zip',
  odt: 'application/vnd.oasis.opendocument.text',
};

/**
 * What a zip archive holds decides what it is: OOXML by its main part, ODF and EPUB by their `mimetype` entry.
 * @param names all its entries; without them those are taken whose local headers lie in `head`
 */
export function zipType(head: Uint8Array, extension: string, names: string[] = []): string | null {
  const start = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString('latin1');
  const known = names.length > 0 ? names : localNames(start);
  const has = (prefix: string) =>
    known.some((name) => name.replace(/^\//, '').toLowerCase().startsWith(prefix));
  const declared = /^.{30}mimetype.{0,64}?(application\/[\w.+-]+?)(PK|[^\w.+-]|$)/s.exec(
    start.slice(0, 200),
  )?.[1];
  if (declared === 'application/epub+zip' || has('meta-inf/container.xml')) return 'application/epub+zip';
  const odf = /^application\/vnd\.oasis\.opendocument\.(text|spreadsheet|presentation)/.exec(declared ?? '');
  if (odf) return odf[0];
  const main = has('[content_types].xml') ? readMainType(head, start) : null;
  if (main === 'word' || has('word/')) return `${office}.wordprocessingml.document`;
  if (main === 'ppt' || has('ppt/')) return `${office}.presentationml.presentation`;
  if (main === 'xl' || has('xl/')) return `${office}.spreadsheetml.sheet`;
  return has('[content_types].xml') ? (shellTypes[extension] ?? null) : null;
}

function localNames(start: string): string[] {
  const names: string[] = [];
  for (
    let at = start.indexOf('PK\x03\x04');
    at >= 0 && names.length < 100;
    at = start.indexOf('PK\x03\x04', at + 4)
  ) {
    const length = start.charCodeAt(at + 26) + 256 * start.charCodeAt(at + 27);
    names.push(start.slice(at + 30, at + 30 + length));
  }
  return names;
}

/** The list of content types is the first entry of most packages; it names the main part. */
function readMainType(head: Uint8Array, start: string): string | null {
  if (!/^\[content_types\]\.xml/i.test(start.slice(30, 49))) return null;
  const extra = start.charCodeAt(28) + 256 * start.charCodeAt(29);
  try {
    // More of the file follows the entry, so the end of the stream is not insisted on.
    const list = inflateRawSync(head.subarray(49 + extra), {
      maxOutputLength: 1_000_000,
      finishFlush: constants.Z_SYNC_FLUSH,
    }).toString();
    return /PartName="\/(word|ppt|xl)\//.exec(list)?.[1] ?? null;
  } catch {
    // Stored instead of packed, or damaged: the names have to do.
    return null;
  }
}
