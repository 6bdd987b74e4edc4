import { randomBytes } from 'node:crypto';

// JSON.parse moves keys that look like numbers to the front and rounds numbers beyond 2^53, so that what must come
// back byte for byte is cut out of the request's text and printed into the answer's.

/** Random for each process: no text that anybody has stored can look like it. */
const mark = randomBytes(12).toString('hex');
const marked = new RegExp(String.raw`"${mark}((?:[^"\\]|\\.)*)"`, 'g');

/** A value that `printExact` replaces by this JSON text. */
export function asWritten(json: string): string {
  return mark + json;
}

/** Puts the texts of `asWritten` into a printed JSON document. */
export function printExact(text: string): string {
  if (!text.includes(mark)) return text;
  return text.replace(marked, (_all, inner: string) => JSON.parse(`"${inner}"`) as string);
}

/** The text of one member of a JSON object, as it stands there; the last one where the name comes twice. `json` is valid JSON. */
export function memberText(json: string, name: string): string | null {
  let found: string | null = null;
  let at = json.indexOf('{') + 1;
  for (;;) {
    const key = json.indexOf('"', at);
    if (key === -1) return found;
    const keyEnd = endOfString(json, key);
    const start = skipSpace(json, json.indexOf(':', keyEnd) + 1);
    const end = endOfValue(json, start);
    if (JSON.parse(json.slice(key, keyEnd)) === name) found = json.slice(start, end);
    at = skipSpace(json, end) + 1;
    if (json[at - 1] !== ',') return found;
  }
}

function endOfValue(json: string, start: number): number {
  const first = json[start];
  if (first === '"') return endOfString(json, start);
  if (first !== '{' && first !== '[') {
    const end = json.slice(start).search(/[,}\]\s]/);
    return end === -1 ? json.length : start + end;
  }
  let depth = 0;
  for (let at = start; at < json.length; at += 1) {
    const character = json[at];
    if (character === '"') at = endOfString(json, at) - 1;
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return json.length;
}

function endOfString(json: string, start: number): number {
  for (let at = start + 1; at < json.length; at += 1) {
    if (json[at] === '\\') at += 1;
    else if (json[at] === '"') return at + 1;
  }
  return json.length;
}

function skipSpace(json: string, start: number): number {
  let at = start;
  while (at < json.length && ' \t\r\n'.includes(json[at] ?? '')) at += 1;
  return at;
}
