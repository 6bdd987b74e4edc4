import { openwebuiCited } from './cited-others.ts';
import { recordOf, recordsOf, textOf, timeOf, titleOf } from './fields.ts';
import { type ImportedMessage, type ImportFormat, refuseTooMany } from './imported.ts';
import { listedOrder } from './listed-order.ts';

/** Open WebUI: chats with a history that is a map of messages by id. */
export const openwebui: ImportFormat = {
  source: 'openwebui',
  recognises(item) {
    const chat = recordOf(item['chat']);
    return chat !== null && (recordOf(chat['history']) !== null || Array.isArray(chat['messages']));
  },
  read(item) {
    const chat = recordOf(item['chat']) ?? {};
    const history = recordOf(chat['history']) ?? {};
    const map = recordOf(history['messages']);
    const given =
      map === null
        ? recordsOf(chat['messages']).map(
            (message, at) => [textOf(message['id']) ?? String(at), message] as const,
          )
        : listedOrder(map, 'childrenIds').map((key) => [key, recordOf(map[key]) ?? {}] as const);
    refuseTooMany(given.length);
    const keys = new Set(given.map(([key]) => key));
    const messages = given.map(([key, message], at): ImportedMessage => {
      const parent = textOf(message['parentId']) ?? (map === null ? (given[at - 1]?.[0] ?? null) : null);
      const role = textOf(message['role']);
      const { text, aside } = withoutDetails(textOf(message['content']) ?? '');
      return {
        key,
        parentKey: parent !== null && keys.has(parent) ? parent : null,
        role: role === 'user' || role === 'system' ? role : 'assistant',
        content: text,
        createdAt: timeOf(message['timestamp']),
        metadata: {
          ...(textOf(message['model']) === null ? {} : { model: message['model'] }),
          ...(aside.length === 0 ? {} : { aside }),
          ...openwebuiCited(message).metadata(),
        },
      };
    });
    const current = textOf(history['currentId']);
    return {
      source: 'openwebui',
      externalId: textOf(item['id']) ?? '',
      title: titleOf(item['title'] ?? chat['title'], 'Open WebUI chat'),
      createdAt: timeOf(item['created_at']),
      updatedAt: timeOf(item['updated_at']),
      messages,
      activeKey: current !== null && keys.has(current) ? current : (messages.at(-1)?.key ?? null),
      pinned: item['pinned'] === true,
      archived: item['archived'] === true,
      tags: recordsOf(recordOf(item['meta'])?.['tags']).flatMap((tag) => textOf(tag['name']) ?? []),
      documents: [],
    };
  },
};

const opening = '<details';
const closing = '</details>';

/** Thoughts and tool calls stand in the text as folded blocks: kept aside. One pass, whatever the text is. */
function withoutDetails(content: string): { text: string; aside: string[] } {
  const aside: string[] = [];
  let text = '';
  let at = 0;
  for (;;) {
    const start = content.indexOf(opening, at);
    const end = start === -1 ? -1 : content.indexOf(closing, start);
    if (end === -1) break;
    const block = content.slice(start, end + closing.length);
    const isAside = /^<details type="(?:reasoning|tool_calls|code_interpreter)"/.test(block);
    text += content.slice(at, start) + (isAside ? '' : block);
    if (isAside) aside.push(block);
    at = end + closing.length;
  }
  return { text: (text + content.slice(at)).trim(), aside };
}
