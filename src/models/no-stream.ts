import { ModelFault, ReportedError } from './faults.ts';
import { isRecord, parseJson } from './json.ts';

/** Error bodies are read for one sentence. */
export const maxErrorBytes = 64 * 1024;

/** Content types of a success that is no stream. */
export function isJson(contentType: string): boolean {
  return /\bjson\b/i.test(contentType);
}

export function isPage(contentType: string): boolean {
  return /\bhtml\b/i.test(contentType);
}

/** Some servers answer 200 and put the error into the body. */
export function errorInBody(text: string): Error {
  const body = parseJson(text);
  if (isRecord(body) && body.error) return new ReportedError(body.error);
  return new ModelFault('not_a_stream', 'a JSON document instead of a stream');
}

export function noStream(contentType: string): ModelFault {
  return new ModelFault('not_a_stream', `content type ${contentType}`);
}
