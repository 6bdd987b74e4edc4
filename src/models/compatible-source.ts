import { APICallError } from 'ai';
import { createParser } from 'eventsource-parser';
import type { AnswerPart, AnswerSource, NextPart } from './answer-source.ts';
import { countEventBytes, fetchStream } from './bounded-fetch.ts';
import { plainTurns } from './chat-prompt.ts';
import { completionEvents } from './compatible-events.ts';
import { ModelFault, ReportedError } from './faults.ts';
import type { ChatInput } from './model.ts';

export interface CompletionServer {
  /** Address of its API, with or without a slash at the end. */
  baseUrl: string;
  apiKey?: string;
  /** Of a single event. */
  maxEventBytes: number;
}

/**
 * Answers of a server that speaks OpenAI's chat completions. The response is read here and not through the AI SDK,
 * whose client passes each token through six web streams, one behind the other: with a thousand answers at once that
 * was a third of the server's time (docs/decisions/0045-reading-completions.md).
 */
export function compatibleSource(server: CompletionServer, model: string): AnswerSource {
  const url = `${server.baseUrl.replace(/\/$/, '')}/chat/completions`;
  const headers = {
    'content-type': 'application/json',
    ...(server.apiKey === undefined ? {} : { authorization: `Bearer ${server.apiKey}` }),
  };
  return {
    async open(input, signal) {
      const body = JSON.stringify(requestOf(model, input));
      const response = await orNetworkFault(fetchStream(url, { method: 'POST', headers, body, signal }), url);
      if (!response.ok) throw await callError(response, url);
      if (response.body === null) throw new ModelFault('cut', 'the response has no body');
      return partsOf(response.body, server.maxEventBytes, url);
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

function partsOf(body: ReadableStream<Uint8Array>, maxEventBytes: number, url: string): NextPart {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const events = completionEvents();
  const fits = countEventBytes(maxEventBytes);
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
  let isOver = false;
  return async () => {
    while (read.length === 0 && !isOver) {
      const { done, value } = await orNetworkFault(reader.read(), url);
      if (done) {
        isOver = true;
        return events.end();
      }
      if (!fits(value)) throw new ModelFault('too_large', 'the response is larger than allowed');
      parser.feed(decoder.decode(value, { stream: true }));
    }
    const part = read.shift() ?? null;
    if (part instanceof Error) throw part;
    return part;
  };
}

/** What fetch and its body reject with when a connection fails is a TypeError without a status. */
async function orNetworkFault<T>(work: Promise<T>, url: string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ModelFault || error instanceof ReportedError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new APICallError({ message, url, requestBodyValues: {}, cause: error });
  }
}

async function callError(response: Response, url: string): Promise<APICallError> {
  return new APICallError({
    message: response.statusText,
    url,
    // Never the prompt.
    requestBodyValues: {},
    statusCode: response.status,
    responseHeaders: Object.fromEntries(response.headers),
    responseBody: await orNetworkFault(response.text(), url),
  });
}
