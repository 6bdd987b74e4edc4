import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { type ChatBody, maxQuestionCharacters } from '@alcove/contract';
import type { IncomingFile } from '../documents/upload.ts';
import { AppError } from '../errors.ts';

export interface SentFile extends IncomingFile {
  sha256: string;
}

const maxFiles = 20;

/**
 * The question and the files of the newest user message of an AI SDK client; a message of files alone asks by their
 * names.
 * @throws AppError `invalid_request`
 */
export function readQuestion(messages: ChatBody['messages']): { query: string; files: SentFile[] } {
  const last = messages.findLast((message) => message.role === 'user');
  const parts = last?.parts?.flatMap((part) =>
    part.type === 'text' && part.text !== undefined ? [part.text] : [],
  );
  const sent = last?.parts?.filter(({ type }) => type === 'file') ?? [];
  if (sent.length > maxFiles) throw refused(`A message has at most ${maxFiles} files.`);
  const files = sent.map(({ url, filename }, at) => readFile(url, filename ?? `file-${at + 1}`));
  const text = (parts?.join('\n') ?? last?.content ?? '').trim();
  const query = text === '' ? files.map(({ name }) => name).join(', ') : text;
  if (query === '') throw refused('The last user message holds no text.');
  if (query.length > maxQuestionCharacters)
    throw refused(`A question has at most ${maxQuestionCharacters} characters.`);
  return { query, files };
}

/** Only what the message itself holds: an address would have the server fetch what its sender chooses. */
function readFile(url: string | undefined, name: string): SentFile {
  const comma = url?.indexOf(',') ?? -1;
  if (url === undefined || comma === -1 || !url.startsWith('data:'))
    throw refused('A file of a message comes as a data URL.');
  const head = url.slice('data:'.length, comma);
  const body = url.slice(comma + 1);
  const bytes = head.endsWith(';base64') ? Buffer.from(body, 'base64') : Buffer.from(decode(body));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { name, content: Readable.from([bytes]), sha256 };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refused('A file of a message is not a valid data URL.');
  }
}

function refused(message: string): AppError {
  return new AppError('invalid_request', message, {
    issues: [{ path: 'messages', message: 'the last user message cannot be asked' }],
  });
}
