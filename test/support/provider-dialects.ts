import type { AnswerOptions, ReceivedPrompt } from './provider-behaviours.ts';

/** How one family of providers words its streams. */
export interface Dialect {
  name: 'openai' | 'anthropic' | 'google';
  chatPath: RegExp;
  readPrompt(body: Record<string, unknown>, path: string): ReceivedPrompt;
  /** Server-sent events, each already framed. */
  open(model: string): string;
  token(text: string): string;
  reasoning(text: string): string;
  error(message: string, status: number): string;
  close(options: AnswerOptions, tokens: { input: number; output: number }): string;
}

export const dialects: Dialect[] = [
  {
    name: 'openai',
    chatPath: /\/chat\/completions$/,
    readPrompt: (body) => prompt(String(body.model), [...turnsIn(body.messages)]),
    open: (model) =>
      data({
        id: 'c1',
        object: 'chat.completion.chunk',
        created: 1,
        model,
        choices: [choice({ role: 'assistant', content: '' })],
      }),
    token: (content) => data({ id: 'c1', choices: [choice({ content })] }),
    reasoning: (reasoning) => data({ id: 'c1', choices: [choice({ reasoning_content: reasoning })] }),
    error: (message, code) => data({ error: { message, type: 'server_error', code } }),
    close: ({ finish = 'stop', usage }, tokens) => {
      const counted = {
        prompt_tokens: tokens.input,
        completion_tokens: tokens.output,
        total_tokens: tokens.input + tokens.output,
      };
      const end = data({ id: 'c1', choices: [choice({}, finish)] });
      return `${end}${usage === false ? '' : data({ id: 'c1', choices: [], usage: counted })}data: [DONE]\n\n`;
    },
  },
  {
    name: 'anthropic',
    chatPath: /\/messages$/,
    readPrompt: (body) =>
      prompt(String(body.model), [
        { role: 'system', content: textOf(body.system) },
        ...turnsIn(body.messages),
      ]),
    open: (model) =>
      data({
        type: 'message_start',
        message: {
          id: 'm1',
          type: 'message',
          role: 'assistant',
          model,
          content: [],
          stop_reason: null,
          usage: { input_tokens: 7, output_tokens: 0 },
        },
      }) + data({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
    token: (text) => data({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
    reasoning: (thinking) =>
      data({
        type: 'content_block_start',
        index: 1,
        content_block: { type: 'thinking', thinking: '', signature: '' },
      }) +
      data({ type: 'content_block_delta', index: 1, delta: { type: 'thinking_delta', thinking } }) +
      data({ type: 'content_block_stop', index: 1 }),
    error: (message) => data({ type: 'error', error: { type: 'overloaded_error', message } }),
    close: ({ finish = 'stop' }, tokens) => {
      const stopReason = { stop: 'end_turn', length: 'max_tokens', content_filter: 'refusal' }[finish];
      const usage = { input_tokens: tokens.input, output_tokens: tokens.output };
      const ends =
        data({ type: 'content_block_stop', index: 0 }) +
        data({ type: 'message_delta', delta: { stop_reason: stopReason }, usage });
      return ends + data({ type: 'message_stop' });
    },
  },
  {
    name: 'google',
    chatPath: /:streamGenerateContent$/,
    readPrompt: (body, path) => {
      const model = /models\/([^:]+):/.exec(path)?.[1] ?? '';
      return prompt(model, [
        { role: 'system', content: textOf(body.systemInstruction) },
        ...turnsIn(body.contents),
      ]);
    },
    open: () => '',
    token: (text) => data({ candidates: [{ content: { role: 'model', parts: [{ text }] } }] }),
    reasoning: (text) =>
      data({ candidates: [{ content: { role: 'model', parts: [{ text, thought: true }] } }] }),
    error: (message, code) => data({ error: { code, message, status: 'UNAVAILABLE' } }),
    close: ({ finish = 'stop', usage }, tokens) => {
      const finishReason = { stop: 'STOP', length: 'MAX_TOKENS', content_filter: 'SAFETY' }[finish];
      const counted = {
        promptTokenCount: tokens.input,
        candidatesTokenCount: tokens.output,
        totalTokenCount: tokens.input + tokens.output,
      };
      return data({
        candidates: [{ content: { role: 'model', parts: [] }, finishReason }],
        usageMetadata: usage === false ? undefined : counted,
      });
    },
  },
];

/** A text as a provider would cut it: words with the space before them, or eight characters. */
export function tokensOf(text: string): string[] {
  return text.match(/\s*\S{1,8}|\s+$/g) ?? [];
}

function data(event: unknown): string {
  return `data: ${JSON.stringify(event)}\n\n`;
}

function choice(delta: Record<string, unknown>, finish?: string) {
  return { index: 0, delta, finish_reason: finish ?? null };
}

function prompt(model: string, messages: ReceivedPrompt['messages']): ReceivedPrompt {
  return { model, messages, text: messages.map(({ content }) => content).join('\n\n') };
}

function turnsIn(value: unknown): ReceivedPrompt['messages'] {
  if (!Array.isArray(value)) return [];
  return value.map((turn: Record<string, unknown>) => ({
    role: String(turn.role),
    content: textOf(turn.content ?? turn.parts),
  }));
}

/** Content is a string, a part, or a list of parts. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (Array.isArray(content)) return content.map(textOf).join('');
  if (typeof content !== 'object' || content === null) return '';
  return 'text' in content ? textOf(content.text) : 'parts' in content ? textOf(content.parts) : '';
}
