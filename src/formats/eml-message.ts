import { decodeText } from './encoding.ts';

/** One part of a MIME message: its headers, and its body before any decoding. */
export interface MimePart {
  headers: Map<string, string>;
  type: string;
  body: Uint8Array;
}

/** Messages within messages beyond this depth are not opened. */
const maxDepth = 10;
const maxParts = 500;

/** The leaves of a message in their order; of alternatives only the one that says most, plain text before HTML. */
export function readParts(bytes: Uint8Array): { headers: Map<string, string>; leaves: MimePart[] } {
  const root = readPart(bytes);
  const leaves: MimePart[] = [];
  const queue: { part: MimePart; depth: number }[] = [{ part: root, depth: 0 }];
  for (let next = queue.shift(); next && leaves.length < maxParts; next = queue.shift()) {
    const { part, depth } = next;
    const boundary = parameter(part.headers.get('content-type'), 'boundary');
    if (!part.type.startsWith('multipart/') || boundary === undefined || depth > maxDepth) {
      leaves.push(part);
      continue;
    }
    const children = splitParts(part.body, boundary).map(readPart);
    queue.unshift(
      ...(part.type === 'multipart/alternative' ? bestOf(children) : children).map((child) => ({
        part: child,
        depth: depth + 1,
      })),
    );
  }
  return { headers: root.headers, leaves };
}

/** The text of a leaf, with its transfer encoding and its character set undone. */
export function textOf(part: MimePart): string {
  const encoding = part.headers.get('content-transfer-encoding')?.trim().toLowerCase();
  const raw = Buffer.from(part.body.buffer, part.body.byteOffset, part.body.byteLength);
  const bytes =
    encoding === 'base64'
      ? Buffer.from(raw.toString('latin1'), 'base64')
      : encoding === 'quoted-printable'
        ? unquote(raw.toString('latin1'))
        : raw;
  return decodeText(bytes, parameter(part.headers.get('content-type'), 'charset')).text;
}

/** A parameter of a header such as `text/plain; charset="utf-8"`. */
export function parameter(header: string | undefined, name: string): string | undefined {
  const match = new RegExp(`;\\s*${name}\\s*=\\s*(?:"([^"]{0,500})"|([^;\\s]{1,500}))`, 'i').exec(
    header ?? '',
  );
  return match?.[1] ?? match?.[2];
}

/** Undoes RFC 2047: `=?utf-8?Q?caf=C3=A9?=`. */
export function decodeHeader(value: string): string {
  return value
    .replace(/(\?=)\s+(?==\?)/g, '$1')
    .replace(
      /=\?([\w.-]{1,40})(?:\*[\w-]{1,20})?\?([bq])\?([^?\s]{0,2000})\?=/gi,
      (_, charset: string, kind: string, text: string) => {
        const bytes =
          kind.toLowerCase() === 'b' ? Buffer.from(text, 'base64') : unquote(text.replaceAll('_', ' '));
        return decodeText(bytes, charset).text;
      },
    );
}

function readPart(bytes: Uint8Array): MimePart {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const gap = /\r?\n\r?\n/.exec(text);
  const head = decodeText(bytes.subarray(0, gap?.index ?? bytes.length)).text;
  const headers = new Map<string, string>();
  for (const line of head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    if (colon > 0 && !headers.has(name)) headers.set(name, line.slice(colon + 1).trim());
  }
  const type =
    /^[\w.+-]+\/[\w.+-]+/.exec(headers.get('content-type') ?? 'text/plain')?.[0].toLowerCase() ??
    'text/plain';
  return { headers, type, body: bytes.subarray(gap ? gap.index + gap[0].length : bytes.length) };
}

function splitParts(body: Uint8Array, boundary: string): Uint8Array[] {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1');
  const marker = `--${boundary}`;
  const parts: Uint8Array[] = [];
  let start = -1;
  for (
    let at = text.indexOf(marker);
    at >= 0 && parts.length < maxParts;
    at = text.indexOf(marker, at + marker.length)
  ) {
    if (start >= 0) parts.push(body.subarray(start, at));
    const lineEnd = text.indexOf('\n', at);
    if (lineEnd < 0 || text.startsWith('--', at + marker.length)) return parts;
    start = lineEnd + 1;
  }
  if (start >= 0) parts.push(body.subarray(start));
  return parts;
}

function bestOf(children: MimePart[]): MimePart[] {
  const plain = children.find((child) => child.type === 'text/plain' && child.body.length > 20);
  return [plain ?? children.at(-1)].filter((child) => child !== undefined);
}

function unquote(text: string): Buffer {
  const plain = text
    .replace(/=\r?\n/g, '')
    .replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(plain, 'latin1');
}
