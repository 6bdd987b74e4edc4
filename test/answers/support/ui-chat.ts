import { AbstractChat, type ChatInit, type ChatState, DefaultChatTransport, type UIMessage } from 'ai';
import type { Answer, Source } from '@alcove/contract';
import type { Person } from '../../support/app.ts';

/** What Alcove adds to a message of the AI SDK. */
export type AlcoveMessage = UIMessage<
  Partial<Answer['metadata']> & {
    conversationId?: string;
    messageId?: string;
    userMessageId?: string;
    mode?: string;
    status?: string;
  },
  { sources: Source[]; citation: { n: number; chunk_id: string; verified: boolean } }
>;

/** The AI SDK's own chat, with the plain state that its framework bindings replace by a reactive one. */
export class UiChat extends AbstractChat<AlcoveMessage> {
  readonly statuses: string[];

  constructor(init: Omit<ChatInit<AlcoveMessage>, 'messages'> & { messages?: AlcoveMessage[] }) {
    const statuses: string[] = [];
    const { messages = [], ...rest } = init;
    super({ ...rest, state: plainState(messages, statuses) });
    this.statuses = statuses;
  }

  get text(): string {
    return (
      this.messages
        .at(-1)
        ?.parts.map((part) => (part.type === 'text' ? part.text : ''))
        .join('') ?? ''
    );
  }
}

function plainState(messages: AlcoveMessage[], statuses: string[]): ChatState<AlcoveMessage> {
  let status: ChatState<AlcoveMessage>['status'] = 'ready';
  return {
    messages,
    error: undefined,
    get status() {
      return status;
    },
    set status(next) {
      if (next !== status) statuses.push(next);
      status = next;
    },
    pushMessage(message) {
      this.messages = [...this.messages, message];
    },
    popMessage() {
      this.messages = this.messages.slice(0, -1);
    },
    replaceMessage(index, message) {
      this.messages = this.messages.with(index, message);
    },
    snapshot: (thing) => structuredClone(thing),
  };
}

/** The SDK's default transport, as an application would set it up. */
export function transportOf(
  baseUrl: string,
  person: Person,
  conversationId?: string,
): DefaultChatTransport<AlcoveMessage> {
  return new DefaultChatTransport({
    api: `${baseUrl}/api/chat`,
    headers: { authorization: `Bearer ${person.token}` },
    ...(conversationId === undefined ? {} : { body: { conversationId } }),
  });
}
