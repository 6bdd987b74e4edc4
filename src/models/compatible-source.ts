import { APICallError } from 'ai';
import { createParser } from 'eventsource-parser';
import { type AnswerPart, type AnswerSource, type NextPart, textPaceMs } from './answer-source.ts';
import { plainTurns } from './chat-prompt.ts';
import { completionEvents } from './compatible-events.ts';
import { ModelFault } from './faults.ts';
import type { ChatInput } from './model.ts';
import { errorInBody, isJson, isPage, maxErrorBytes, noStream } from './no-stream.ts';
import { postStream, type StreamedResponse } from './post-stream.ts';

export interface CompletionServer {
  /** Address of its API, with or without a slash at the end. */
  baseUrl: string;
  apiKey?: string;
  /** Of a single event. */
  maxEventBytes: number;
}

/**
 * Answers of a server that speaks OpenAI's chat completions. The response is read here and not through the AI SDK,
 * whose client passes each token through six web streams, one behind the other (docs/decisions/0045-reading-completions.md).
 */
export function compatibleSource(server: CompletionServer, model: string): AnswerSource {
  const url = `${server.baseUrl.replace(/\/$/, '')}/chat/completions`;
  const headers = server.apiKey === undefined ? {} : { authorization: `Bearer ${server.apiKey}` };
  return {
    async open(input, signal) {
      const response = await orNetworkFault(postStream(url, headers, requestOf(model, input), signal), url);
      await checkBegun(response, url);
      return partsOf(response, server.maxEventBytes, url);
    },
  };
}

function requestOf(model: string, input: ChatInput): object {
  const { system, turns } = plainTurns(input);
  return {
    model,
    max_tokens: input.maxOutputTokens,
    temperature: input.temperature,
    messages: [...(system === '' ? [] : [{ role: 'system', content: system }]), ...turns],
    stream: true,
    stream_options: { include_usage: true },
  };
}

/** @throws APICallError for a refusal, ReportedError or ModelFault for a success that is no stream */
async function checkBegun(response: StreamedResponse, url: string): Promise<void> {
  const { status, statusText, headers } = response;
  const type = headers['content-type'] ?? '';
  if (status < 200 || status > 299)
    throw new APICallError({
      message: statusText,
      url,
      // Never the prompt.
      requestBodyValues: {},
      statusCode: status,
      responseHeaders: headers,
      responseBody: await readText(response, url),
    });
  if (isJson(type)) throw errorInBody(await readText(response, url));
  if (isPage(type)) throw noStream(type);
}

function partsOf(response: StreamedResponse, maxEventBytes: number, url: string): NextPart {
  const decoder = new TextDecoder();
  const events = completionEvents();
  const read: (AnswerPart | Error)[] = [];
  const parser = createParser({
    onEvent({ data }) {
      try {
        read.push(...events.read(data));
      } catch (error) {
        // Behind the text that came before it.
        read.push(error as Error);
      }
    },
  });
  let hasSpoken = false;
  let unfinishedBytes = 0;
  return async () => {
    while (read.length === 0) {
      const piece = await orNetworkFault(response.take(hasSpoken ? textPaceMs : 0), url);
      if (piece === null) return events.end();
      const end = piece.lastIndexOf(10);
      unfinishedBytes = piece.byteLength - end - 1 + (end === -1 ? unfinishedBytes : 0);
      if (unfinishedBytes > maxEventBytes)
        throw new ModelFault('too_large', 'an event is larger than allowed');
      parser.feed(decoder.decode(piece, { stream: true }));
    }
    const part = joinText(read);
    if (part instanceof Error) throw part;
    hasSpoken ||= part.type === 'text';
    return part;
  };
}

/** Takes the first part, with the text that follows it directly. */
function joinText(read: (AnswerPart | Error)[]): AnswerPart | Error {
  const first = read.shift()!;
  if (first instanceof Error || first.type !== 'text') return first;
  let { text } = first;
  for (
    let next = read[0];
    next !== undefined && !(next instanceof Error) && next.type === 'text';
    next = read[0]
  ) {
    text += next.text;
    read.shift();
  }
  return { type: 'text', text };
}

async function readText(response: StreamedResponse, url: string): Promise<string> {
  let text = '';
  const decoder = new TextDecoder();
  while (text.length < maxErrorBytes) {
    const piece = await orNetworkFault(response.take(), url);
    if (piece === null) return text;
    text += decoder.decode(piece, { stream: true });
  }
  throw new ModelFault('too_large', 'the response is larger than allowed');
}

/** A connection that cannot be made or breaks: an error without a status. */
async function orNetworkFault<T>(work: Promise<T>, url: string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new APICallError({ message, url, requestBodyValues: {}, cause: error });
  }
}
