import type { AnswerPart } from './answer-source.ts';
import { mayHoldText, ModelFault, ReportedError } from './faults.ts';
import { isRecord, parseJson } from './json.ts';
import type { FinishReason } from './model.ts';

/** Reads the events of one streamed chat completion. */
export interface CompletionEvents {
  /**
   * The parts that an event's data holds, in order.
   * @throws ReportedError for an error that the server sends; ModelFault `malformed` where text may be lost
   */
  read(data: string): AnswerPart[];
  /** What the end of the stream means: a server that named no reason was cut off. @throws ModelFault `cut` */
  end(): AnswerPart;
}

/** The shape is that of https://platform.openai.com/docs/api-reference/chat-streaming, read as loosely as servers keep it. */
export function completionEvents(): CompletionEvents {
  let finish: string | null = null;
  let usage: Record<string, unknown> = {};
  let refused = false;
  return {
    read(data) {
      const event = data === '[DONE]' ? null : eventIn(data);
      if (event === null) return [];
      if (isRecord(event['usage'])) usage = event['usage'];
      const choice = firstChoice(event);
      if (typeof choice['finish_reason'] === 'string') finish = choice['finish_reason'];
      const delta = choice['delta'] ?? {};
      if (!isRecord(delta)) throw unknownShape();
      const refusal = delta['refusal'];
      if (isFilledText(refusal)) refused = true;
      return [
        ...(isFilledText(delta['reasoning_content'] ?? delta['reasoning'])
          ? [{ type: 'thought' as const }]
          : []),
        ...contentParts(delta['content']),
        ...contentParts(isFilledText(refusal) ? refusal : null),
      ];
    },
    end() {
      if (finish === null) throw new ModelFault('cut', 'the stream ended without a finish reason');
      const reason = refused && finish === 'stop' ? 'content_filter' : (finishReasons[finish] ?? 'other');
      return {
        type: 'end',
        reason,
        inputTokens: countIn(usage['prompt_tokens']),
        outputTokens: countIn(usage['completion_tokens']),
      };
    },
  };
}

const finishReasons: Record<string, FinishReason | undefined> = {
  stop: 'stop',
  length: 'length',
  content_filter: 'content_filter',
};

/**
 * Proxies mix their own lines into a stream (`data: ping`): what cannot hold text is null. An event
 * that may have held text fails the answer, because a gap in it would not be seen.
 */
function eventIn(data: string): Record<string, unknown> | null {
  const event = parseJson(data);
  if (event === undefined && data.trimStart().startsWith('{'))
    throw new ModelFault('malformed', 'an event is not valid JSON');
  if (!isRecord(event)) return null;
  if (event['error']) throw new ReportedError(event['error']);
  if (Array.isArray(event['choices'])) return event;
  if (mayHoldText(event)) throw unknownShape();
  return isRecord(event['usage']) ? event : null;
}

/** The first of the event's choices; an event without any may still count tokens. */
function firstChoice({ choices }: Record<string, unknown>): Record<string, unknown> {
  const first: unknown = Array.isArray(choices) ? choices[0] : undefined;
  if (first === undefined) return {};
  if (!isRecord(first)) throw unknownShape();
  return first;
}

/** Text, or a list of parts as some servers send it: `{ type: 'text', text }`, `{ type: 'thinking', … }`. */
function contentParts(content: unknown): AnswerPart[] {
  if (content === undefined || content === null || content === '') return [];
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  if (!Array.isArray(content)) throw unknownShape();
  return content.flatMap((part: unknown) => {
    if (!isRecord(part)) throw unknownShape();
    if (part['type'] === 'thinking') return [{ type: 'thought' as const }];
    return part['type'] === 'text' ? contentParts(part['text']) : [];
  });
}

function isFilledText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function countIn(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function unknownShape(): ModelFault {
  return new ModelFault('malformed', 'an event has an unknown shape');
}
