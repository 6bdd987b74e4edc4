import PostalMime, { decodeWords, type Attachment, type Email } from 'postal-mime';
import { AppError } from '../errors.ts';
import { decodeText, isUtf8 } from './encoding.ts';

/** One message, decoded. */
export interface Message {
  /** The first of each name, in lower case. */
  headers: Map<string, string>;
  body: { kind: 'plain' | 'html'; text: string };
  /** Names of the attached files. */
  attachments: string[];
  /** Attached and forwarded messages, not read yet. */
  messages: Uint8Array[];
}

/** Multiparts within multiparts; mail programs nest three or four. */
const maxDepth = 50;
/** Lines that could begin a part: each costs the parser a kilobyte. */
const maxParts = 20_000;
const maxHeaderBytes = 2_000_000;
/** Each line costs the parser a hundredth of a millisecond; those of an attached file are 76 characters long. */
const maxShortLines = 300_000;
const shortLine = 30;

/** @throws AppError `document_too_complex` */
export async function readMessage(bytes: Uint8Array): Promise<Message> {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (count(source, '\n--') > maxParts || hasTooManyLines(source)) throw tooManyParts();
  const email = await parse(withKnownLetters(source));
  const headers = new Map<string, string>();
  for (const { key, value } of email.headers) if (!headers.has(key)) headers.set(key, decodeWords(value));
  const isMessage = ({ mimeType }: Attachment): boolean => mimeType === 'message/rfc822';
  return {
    headers,
    body: bodyOf(email, source),
    attachments: email.attachments.flatMap((one) =>
      one.filename === null || isMessage(one) ? [] : [one.filename],
    ),
    messages: email.attachments.filter(isMessage).map(({ content }) => bytesOf(content)),
  };
}

async function parse(source: Uint8Array): Promise<Email> {
  try {
    return await PostalMime.parse(source, {
      // Messages in messages are ours to open: their text would come between rules, with dates of this machine's place.
      forceRfc822Attachments: true,
      maxNestingDepth: maxDepth,
      maxHeadersSize: maxHeaderBytes,
    });
  } catch (error) {
    // The parser refuses nothing else, and names its limits only in words.
    if (error instanceof Error && error.message.startsWith('Maximum ')) throw tooManyParts(error);
    throw error;
  }
}

/** Plain text where the sender offered it as an alternative and it says something; else the page, with its structure. */
function bodyOf({ text, html }: Email, source: Buffer): Message['body'] {
  const offersBoth = /multipart\/alternative/i.test(source.toString('latin1'));
  const isWorthReading = (text ?? '').trim().length > 20;
  if (html === undefined || (offersBoth && isWorthReading)) return { kind: 'plain', text: text ?? '' };
  return { kind: 'html', text: html };
}

/** A message of the time before MIME names no character set: it is guessed from its letters. */
function withKnownLetters(source: Buffer): Buffer {
  if (isUtf8(source) || /charset/i.test(source.toString('latin1'))) return source;
  return Buffer.from(decodeText(source).text);
}

function hasTooManyLines(source: Buffer): boolean {
  if (source.length <= maxShortLines) return false;
  const lines = count(source, '\n');
  return lines > maxShortLines && source.length / lines < shortLine;
}

function count(source: Buffer, what: string): number {
  let found = 0;
  for (let at = source.indexOf(what); at >= 0; at = source.indexOf(what, at + 1)) found += 1;
  return found;
}

/** Attachments come as bytes unless asked for otherwise. */
function bytesOf(content: Attachment['content']): Uint8Array {
  return typeof content === 'string' ? Buffer.from(content) : new Uint8Array(content);
}

function tooManyParts(cause?: Error): AppError {
  return new AppError(
    'document_too_complex',
    'The e-mail has too many parts, headers or lines. Save the texts that matter as files of their own.',
    { cause },
  );
}
