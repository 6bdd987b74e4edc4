import { Parser } from 'htmlparser2';
import { AppError } from '../errors.ts';
import { guessWide, readMark } from './encoding.ts';

export type Attributes = Record<string, string>;

/** Names come without their prefix: producers choose prefixes freely. */
export interface XmlEvents {
  open?(name: string, attributes: Attributes): void;
  text?(text: string): void;
  close?(name: string): void;
}

/** Elements inside each other; people's documents stay below a hundred. */
const maxDepth = 50_000;
const sliceBytes = 1024 * 1024;

/**
 * Reads XML as a stream of events, without a tree and without recursion. Entities other than those of
 * XML itself stay as they are written: none is ever expanded or fetched.
 * @throws AppError `document_malformed` where the document declares entities of its own
 */
export function readXml(bytes: Uint8Array, events: XmlEvents): void {
  let depth = 0;
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        if (++depth > maxDepth)
          throw new AppError(
            'document_too_complex',
            'The document is nested too deeply. Save it anew in a simpler form.',
          );
        events.open?.(localName(name), attributes);
      },
      ontext: (text) => events.text?.(text),
      onclosetag(name) {
        depth--;
        events.close?.(localName(name));
      },
      onprocessinginstruction(name, data) {
        if (/^!doctype$/i.test(name) && /<!ENTITY/i.test(data)) throw declaresEntities();
      },
    },
    { xmlMode: true, decodeEntities: true },
  );
  // The declaration ends at the first `>` for this parser, so the head is searched as a whole.
  const encoding = readMark(bytes)?.encoding ?? guessWide(bytes) ?? 'utf-8';
  const decoder = new TextDecoder(encoding.startsWith('utf-32') ? 'utf-8' : encoding);
  for (let offset = 0; offset < bytes.length; offset += sliceBytes) {
    const text = decoder.decode(bytes.subarray(offset, offset + sliceBytes), { stream: true });
    if (offset === 0 && /<!DOCTYPE[^>]*\[[\s\S]*?<!ENTITY/i.test(text.slice(0, 20_000)))
      throw declaresEntities();
    parser.write(text);
  }
  parser.end();
}

/** The value of an attribute, whatever its prefix. */
export function attribute(attributes: Attributes, name: string): string | undefined {
  if (name in attributes) return attributes[name];
  const suffix = `:${name}`;
  for (const key in attributes) if (key.endsWith(suffix)) return attributes[key];
  return undefined;
}

/** The value of an attribute that must have a prefix, such as the `r:id` beside an `id`. */
export function prefixedAttribute(attributes: Attributes, name: string): string | undefined {
  const key = Object.keys(attributes).find((candidate) => candidate.endsWith(`:${name}`));
  return key === undefined ? undefined : attributes[key];
}

function localName(name: string): string {
  const colon = name.indexOf(':');
  return colon < 0 ? name : name.slice(colon + 1);
}

function declaresEntities(): AppError {
  return new AppError(
    'document_malformed',
    'The document declares XML entities, which no office program writes. Open it in its own program, save it again and upload the new file.',
  );
}
