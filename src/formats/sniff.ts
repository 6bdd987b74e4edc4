import { guessWide, isUtf8, readMark } from './encoding.ts';
import { languages } from './source-languages.ts';
import { shellTypes, zipType } from './sniff-zip.ts';

/** How many first bytes `sniff` wants to see; fewer if the file is shorter. */
export const sniffBytes = 64 * 1024;

/**
 * What a file is, judged by its bytes; the name only tells kinds of text apart.
 * @param head the first `sniffBytes` of the file
 * @param zipNames names of the entries of a zip archive; without them a zip is known by its first entries alone
 * @returns the media type, or null for what is not a supported document
 */
export function sniff(head: Uint8Array, fileName: string, zipNames?: string[]): string | null {
  const extension = extensionOf(fileName);
  if (head.length === 0) return shellTypes[extension] ?? textType(extension, '');
  if (isPdf(head, extension)) return 'application/pdf';
  if (startsWith(head, 'PK\x03\x04')) return zipType(head, extension, zipNames);
  if (startsWith(head, 'PK\x05\x06')) return shellTypes[extension] ?? null;
  if (startsWith(head, '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1')) return 'application/x-ole-storage';
  if (startsWith(head, '{\\rtf')) return 'application/rtf';
  const image = pictureType(head);
  if (image !== null) return image;
  if (foreignMagic.some((magic) => startsWith(head, magic)) || !isText(head)) return null;
  const start = readableStart(head);
  if (binaryExtensions.has(extension))
    return extension === 'xls' && looksLikeHtml(start) ? 'text/html' : null;
  return textType(extension, start);
}

/** The part of a name after its last dot, in lower case; empty where there is none. */
function extensionOf(fileName: string): string {
  return /\.([\p{L}\p{N}_-]{1,16})\s*$/u.exec(fileName)?.[1]?.toLowerCase() ?? '';
}

/** Readers accept junk before `%PDF-`, so a file named .pdf may begin with some; any other name must mean what it begins with. */
function isPdf(head: Uint8Array, extension: string): boolean {
  const at = latin1(head.subarray(0, 1024)).indexOf('%PDF-');
  if (at < 0) return false;
  return extension === 'pdf' || /^[\s\0\xef\xbb\xbf]*$/.test(latin1(head.subarray(0, at)));
}

function pictureType(head: Uint8Array): string | null {
  if (startsWith(head, 'RIFF') && latin1(head.subarray(8, 12)) === 'WEBP') return 'image/webp';
  return pictures.find(([magic]) => startsWith(head, magic))?.[1] ?? null;
}

const pictures = [
  ['\x89PNG\r\n\x1a\n', 'image/png'],
  ['\xff\xd8\xff', 'image/jpeg'],
  ['II*\x00', 'image/tiff'],
  ['MM\x00*', 'image/tiff'],
] as const;

/** Formats that could pass for text, or that must never be taken for it. */
const foreignMagic = [
  'MZ',
  '\x7fELF',
  'GIF8',
  'BM\x00',
  'RIFF',
  'OggS',
  'ID3',
  '\x1f\x8b',
  'BZh',
  '7z\xbc\xaf',
  'Rar!',
  '\xfd7zXZ',
  '\x00asm',
  'SQLite format 3\x00',
  '\xca\xfe\xba\xbe',
  '\xcf\xfa\xed\xfe',
  '%!PS',
];

/** Files of these names hold no text, so text under such a name is mislabelled. */
const binaryExtensions = new Set([
  'pdf',
  'doc',
  'docx',
  'docm',
  'dot',
  'dotx',
  'ppt',
  'pptx',
  'pptm',
  'xls',
  'xlsx',
  'xlsm',
  'xlsb',
  'odt',
  'ods',
  'odp',
  'epub',
  'mobi',
  'png',
  'jpg',
  'jpeg',
  'gif',
  'webp',
  'bmp',
  'tif',
  'tiff',
  'ico',
  'heic',
  'mp3',
  'mp4',
  'm4a',
  'wav',
  'ogg',
  'avi',
  'mov',
  'mkv',
  'webm',
  'zip',
  'gz',
  'tgz',
  'bz2',
  'xz',
  '7z',
  'rar',
  'tar',
  'jar',
  'exe',
  'dll',
  'so',
  'dylib',
  'bin',
  'iso',
  'dmg',
  'class',
  'wasm',
  'sqlite',
  'db',
]);

/** Text has few control characters; in UTF-16 and UTF-32 every other byte may be zero. */
function isText(head: Uint8Array): boolean {
  if (readMark(head) || guessWide(head)) return true;
  let controls = 0;
  for (const byte of head)
    if (byte < 0x20 && byte !== 9 && byte !== 10 && byte !== 12 && byte !== 13 && byte !== 0x1b) controls++;
  // Valid UTF-8 is hardly an accident; bytes of a legacy encoding need a stricter look.
  return isUtf8(head) ? controls <= 0.2 * head.length : controls <= 0.002 * head.length;
}

function textType(extension: string, start: string): string {
  const named = textTypes.get(extension);
  if (named) return named;
  if (looksLikeHtml(start)) return 'text/html';
  if (
    /^(From|Received|Return-Path|Message-ID|MIME-Version|Delivered-To|Date|Subject): .*\r?\n[\w-]+: /i.test(
      start,
    )
  )
    return 'message/rfc822';
  if (/^\s*[[{][\s\S]*["\d\]}]/.test(start.slice(0, 1000)) && isJsonStart(start)) return 'application/json';
  if (start.startsWith('<?xml')) return 'application/xml';
  return 'text/plain';
}

const textTypes = new Map<string, string>([
  ...Object.entries(languages).flatMap(([type, extensions]) =>
    extensions.map((extension) => [extension, type] as const),
  ),
  ...['md', 'markdown', 'mdown', 'mkd', 'mdx'].map((extension) => [extension, 'text/markdown'] as const),
  ...['html', 'htm', 'xhtml', 'xht'].map((extension) => [extension, 'text/html'] as const),
  ...['json', 'jsonl', 'ndjson', 'geojson', 'ipynb'].map(
    (extension) => [extension, 'application/json'] as const,
  ),
  ...['txt', 'text', 'log'].map((extension) => [extension, 'text/plain'] as const),
  ['csv', 'text/csv'],
  ['tsv', 'text/tab-separated-values'],
  ['tab', 'text/tab-separated-values'],
  ['eml', 'message/rfc822'],
]);

function looksLikeHtml(start: string): boolean {
  return /^\s*(<\?xml[^>]{0,200}>\s*)?(<!--[\s\S]{0,2000}?-->\s*)?<(!doctype html|html|head|body)[\s>]/i.test(
    start,
  );
}

function isJsonStart(start: string): boolean {
  return /^\s*(\{\s*("|\})|\[\s*([[{"\d-]|\]|true|false|null))/.test(start);
}

function readableStart(head: Uint8Array): string {
  const part = head.subarray(0, 4096);
  const encoding = readMark(part)?.encoding ?? guessWide(part) ?? 'utf-8';
  return encoding.startsWith('utf-32') ? '' : new TextDecoder(encoding).decode(part);
}

function startsWith(head: Uint8Array, magic: string): boolean {
  return latin1(head.subarray(0, magic.length)) === magic;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
