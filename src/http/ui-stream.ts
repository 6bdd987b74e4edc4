import type { AnswerEvent } from '@alcove/contract';
import type { UIMessageChunk } from 'ai';
import type { NumberedEvent } from '../answers/stream/running.ts';

/** Header by which AI SDK clients know the protocol (AI SDK 7, UI message stream v1). */
export const uiStreamHeader = ['x-vercel-ai-ui-message-stream', 'v1'] as const;

/** An answer's events as the AI SDK's UI-message stream, so that `useChat` clients work unchanged. */
export async function* uiStream(events: AsyncIterable<NumberedEvent>): AsyncGenerator<string> {
  let textOpen = false;
  for await (const { event } of events) {
    switch (event.type) {
      case 'message':
        yield line({
          type: 'start',
          messageId: event.message_id,
          messageMetadata: {
            conversationId: event.conversation_id,
            messageId: event.message_id,
            userMessageId: event.user_message_id,
            mode: event.mode,
          },
        });
        yield line({ type: 'start-step' });
        break;
      case 'waiting':
        yield line({
          type: 'data-waiting',
          data: { documents: event.documents, progress: event.progress },
          transient: true,
        });
        break;
      case 'sources':
        yield line({ type: 'data-sources', data: event.sources });
        break;
      case 'delta':
        if (!textOpen) yield line({ type: 'text-start', id: textId });
        textOpen = true;
        yield line({ type: 'text-delta', id: textId, delta: event.text });
        break;
      case 'citation':
        yield line({
          type: 'data-citation',
          // A part that comes again with this name takes the place of the first.
          id: `${event.n}:${event.start}:${event.end}`,
          data: citationOf(event),
        });
        break;
      case 'done':
        if (textOpen) yield line({ type: 'text-end', id: textId });
        yield line({ type: 'finish-step' });
        yield line({
          type: 'finish',
          messageMetadata: { ...event.answer.metadata, status: event.answer.status },
        });
        break;
      case 'failed':
        if (textOpen) yield line({ type: 'text-end', id: textId });
        yield line({ type: 'error', errorText: event.error });
        break;
    }
  }
  yield 'data: [DONE]\n\n';
}

function citationOf({ type: _, ...citation }: Extract<AnswerEvent, { type: 'citation' }>) {
  return citation;
}

const textId = 'answer';

function line(chunk: UIMessageChunk): string {
  return `data: ${JSON.stringify(chunk)}\n\n`;
}
