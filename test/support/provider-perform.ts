import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { AnswerOptions, Behaviour, ReceivedPrompt } from './provider-behaviours.ts';
import { type Dialect, tokensOf } from './provider-dialects.ts';

interface ChatExchange {
  dialect: Dialect;
  prompt: ReceivedPrompt;
  isStream: boolean;
}

/** Does to one request what the behaviour says; `chat` is absent for requests that are no chat. */
export async function perform(
  behaviour: Behaviour,
  response: ServerResponse,
  chat?: ChatExchange,
): Promise<void> {
  switch (behaviour.kind) {
    case 'status':
      response.writeHead(behaviour.status, { 'content-type': 'application/json', ...behaviour.headers });
      response.end(JSON.stringify(behaviour.body));
      return;
    case 'document':
      response.writeHead(200, { 'content-type': behaviour.contentType }).end(behaviour.body);
      return;
    case 'reset':
      response.destroy();
      return;
    case 'hang':
      return;
  }
  if (!chat) throw new Error(`"${behaviour.kind}" is for chat requests`);
  if (behaviour.kind === 'answer') {
    const text = typeof behaviour.text === 'string' ? behaviour.text : behaviour.text(chat.prompt);
    return await (chat.isStream
      ? streamAnswer(text, behaviour.options, response, chat)
      : sendAnswer(text, response, chat));
  }
  openStream(response, chat);
  switch (behaviour.kind) {
    case 'stall':
      writeTokens(behaviour.text, response, chat);
      return await drip(response, behaviour.everyMs);
    case 'cut':
      return await cut(behaviour.text, behaviour.isClean, response, chat);
    case 'event':
      writeTokens(behaviour.before, response, chat);
      response.write(`data: ${behaviour.data}\n\n`);
      writeTokens(behaviour.after, response, chat);
      return closeStream({}, behaviour.before + behaviour.after, response, chat);
    case 'error_event':
      writeTokens(behaviour.before, response, chat);
      response.end(chat.dialect.error(behaviour.message, behaviour.status));
      return;
    case 'huge':
      response.write(chat.dialect.token(behaviour.text));
      return closeStream({}, '', response, chat);
  }
}

async function streamAnswer(
  text: string,
  options: AnswerOptions,
  response: ServerResponse,
  chat: ChatExchange,
) {
  openStream(response, chat);
  if (options.reasoning) response.write(chat.dialect.reasoning(options.reasoning));
  const [first = '', ...rest] = tokensOf(text);
  response.write(chat.dialect.token(first));
  if (options.until) await Promise.race([options.until, once(response, 'close')]);
  for (const token of rest) response.write(chat.dialect.token(token));
  closeStream(options, text, response, chat);
}

/** One JSON document, for clients of OpenAI's API that do not stream. */
function sendAnswer(content: string, response: ServerResponse, chat: ChatExchange) {
  const { input, output } = countsOf(content, chat);
  const body = {
    id: 'c1',
    object: 'chat.completion',
    model: chat.prompt.model,
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: input, completion_tokens: output, total_tokens: input + output },
  };
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** Half an event, and then either a dropped connection or an orderly end without a finish. */
async function cut(text: string, isClean: boolean, response: ServerResponse, chat: ChatExchange) {
  writeTokens(text, response, chat);
  if (isClean) {
    response.end();
    return;
  }
  // Dropped only when the bytes are out: a destroyed socket would take buffered ones with it.
  await new Promise<void>((resolve) => {
    response.write(chat.dialect.token('half').slice(0, 20), () => resolve());
  });
  response.destroy();
}

async function drip(response: ServerResponse, everyMs: number) {
  const timer = setInterval(() => response.write(' '), everyMs);
  await once(response, 'close');
  clearInterval(timer);
}

function openStream(response: ServerResponse, { dialect, prompt }: ChatExchange) {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
  });
  response.write(dialect.open(prompt.model));
}

function writeTokens(text: string, response: ServerResponse, { dialect }: ChatExchange) {
  for (const token of tokensOf(text)) response.write(dialect.token(token));
}

function closeStream(options: AnswerOptions, text: string, response: ServerResponse, chat: ChatExchange) {
  response.end(chat.dialect.close(options, options.usage || countsOf(text, chat)));
}

function countsOf(text: string, { prompt }: ChatExchange) {
  return { input: tokensOf(prompt.text).length, output: tokensOf(text).length };
}
