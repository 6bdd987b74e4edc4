import { addCitation, type AnswerEvent } from '@alcove/client';
import type { MessageView } from './message-view.ts';

/** Applies an answer's events to the message on the screen until the last one. */
export async function readAnswer(
  events: AsyncIterable<AnswerEvent>,
  answer: MessageView,
  onQuestionStored?: (userMessageId: string) => void,
): Promise<void> {
  for await (const event of events) {
    if (event.type === 'message') onQuestionStored?.(event.user_message_id);
    applyAnswerEvent(answer, event);
  }
}

function applyAnswerEvent(answer: MessageView, event: AnswerEvent): void {
  answer.isReconnecting = false;
  switch (event.type) {
    case 'message':
      answer.id = event.message_id;
      answer.mode = event.mode;
      answer.isStarted = true;
      // A replay begins here and brings the whole text again.
      answer.content = '';
      answer.citations = [];
      answer.statements = null;
      return;
    case 'waiting':
      answer.waiting = {
        documents: event.documents,
        progress: event.progress,
        names: event.names,
        until: Date.now() + event.seconds_left * 1_000,
      };
      return;
    case 'sources':
      answer.waiting = null;
      answer.sources = event.sources;
      return;
    case 'delta':
      answer.waiting = null;
      answer.content += event.text;
      return;
    case 'citation': {
      const { type: _type, verified: _verified, ...citation } = event;
      addCitation(answer.citations, citation);
      return;
    }
    case 'done':
      answer.content = event.answer.answer;
      answer.sources = event.answer.sources;
      answer.citations = event.answer.citations;
      answer.mode = event.answer.mode;
      answer.notices = event.answer.metadata.notices;
      answer.waiting = null;
      answer.statements = event.answer.metadata.statements;
      answer.match = event.answer.metadata.match;
      answer.isCutOff = event.answer.metadata.finish_reason === 'length';
      answer.status = event.answer.status;
      return;
    case 'failed':
      answer.waiting = null;
      answer.error = event.error;
      answer.status = isEnded(event.status) ? event.status : 'failed';
  }
}

function isEnded(status: string): status is 'incomplete' | 'failed' | 'cancelled' {
  return status === 'incomplete' || status === 'failed' || status === 'cancelled';
}
