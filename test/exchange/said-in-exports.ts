// The exports of other products, read without the importer: as their own documents describe them, and just these files.

export interface Said {
  role: 'user' | 'assistant' | 'system';
  /** Null where it is not told as text: tools and what they found. */
  content: string | null;
  time: string | null;
}

/** What was said in each conversation of the file, from the first message down to the current one. */
export function saidIn(name: string, file: unknown): Said[][] {
  if (name.startsWith('chatgpt')) return (file as ChatGpt[]).map(ofChatGpt);
  if (name.startsWith('openwebui')) return (file as OpenWebUi[]).map(ofOpenWebUi);
  if (name.startsWith('librechat')) return [ofLibreChat((file as { messages: LibreChat[] }).messages)];
  if (name.startsWith('chatbotui'))
    return (file as { history: { messages: { role: Said['role']; content: string }[] }[] }).history.map(
      ({ messages }) => messages.map(({ role, content }) => ({ role, content, time: null })),
    );
  return (file as { conversations: { from: string; value: string }[] }[]).map(({ conversations }) =>
    conversations.map(({ from, value }) => ({
      role: from === 'human' ? 'user' : 'assistant',
      content: value,
      time: null,
    })),
  );
}

interface ChatGpt {
  current_node: string;
  mapping: Record<
    string,
    {
      parent: string | null;
      message: {
        author: { role: string };
        create_time: number | null;
        content: { content_type: string; parts?: string[] };
      } | null;
    }
  >;
}

function ofChatGpt({ mapping, current_node: current }: ChatGpt): Said[] {
  return upwards(current, (key) => mapping[key]?.parent ?? null).flatMap((key) => {
    const message = mapping[key]?.message ?? null;
    if (message === null || message.author.role === 'system') return [];
    const { content, create_time: seconds } = message;
    return {
      role: message.author.role === 'user' ? 'user' : 'assistant',
      content: content.content_type === 'text' ? (content.parts ?? []).join('\n\n') : null,
      time: seconds === null ? null : new Date(seconds * 1000).toISOString(),
    };
  });
}

interface OpenWebUi {
  chat: {
    history: {
      currentId: string;
      messages: Record<
        string,
        { parentId: string | null; role: Said['role']; content: string; timestamp: number }
      >;
    };
  };
}

function ofOpenWebUi({ chat: { history } }: OpenWebUi): Said[] {
  return upwards(history.currentId, (key) => history.messages[key]?.parentId ?? null).flatMap((key) => {
    const message = history.messages[key];
    if (message === undefined) return [];
    return {
      role: message.role,
      content: message.content.replaceAll(/<details type=.*?<\/details>/gs, ''),
      time: new Date(message.timestamp * 1000).toISOString(),
    };
  });
}

interface LibreChat {
  isCreatedByUser: boolean;
  text: string;
  createdAt: string;
  children?: LibreChat[];
}

function ofLibreChat(messages: readonly LibreChat[]): Said[] {
  return messages.flatMap(({ isCreatedByUser, text, createdAt, children }) => [
    { role: isCreatedByUser ? 'user' : 'assistant', content: text, time: createdAt },
    ...ofLibreChat(children ?? []),
  ]);
}

/** From the first to this one. */
function upwards(from: string, above: (key: string) => string | null): string[] {
  const keys = [];
  for (let key: string | null = from; key !== null; key = above(key)) keys.unshift(key);
  return keys;
}
