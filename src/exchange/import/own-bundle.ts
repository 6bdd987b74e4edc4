import { bundleVersion, conversationFormat } from '../bundle.ts';
import { recordOf, recordsOf, textOf, timeOf, titleOf } from './fields.ts';
import { ImportFault, type ImportFormat, type ImportedMessage } from './imported.ts';

const statuses = ['incomplete', 'failed', 'cancelled'] as const;

/** `conversation.json` of an export from here. */
export const ownBundle: ImportFormat = {
  source: 'alcove',
  recognises: (item) => item['format'] === conversationFormat,
  read(item) {
    if (typeof item['version'] !== 'number' || item['version'] > bundleVersion)
      throw new ImportFault('It was exported by a newer version: upgrade this server first.');
    const conversation = recordOf(item['conversation']) ?? {};
    return {
      source: 'alcove',
      externalId: textOf(conversation['id']) ?? '',
      title: titleOf(conversation['title'], 'Conversation'),
      createdAt: timeOf(conversation['created_at']),
      updatedAt: timeOf(conversation['last_message_at']),
      messages: recordsOf(item['messages']).map(messageOf),
      activeKey: textOf(conversation['active_leaf_id']),
      pinned: conversation['pinned'] === true,
      archived: conversation['status'] === 'archived',
      tags: Array.isArray(conversation['tags'])
        ? conversation['tags'].flatMap((tag) => textOf(tag) ?? [])
        : [],
      documents: recordsOf(item['documents']).flatMap((document) => {
        const [id, name, path] = [textOf(document['id']), textOf(document['name']), textOf(document['path'])];
        return id === null || name === null || path === null ? [] : [{ id, name, path }];
      }),
    };
  },
};

function messageOf(message: Record<string, unknown>, at: number): ImportedMessage {
  const role = textOf(message['role']);
  const status = statuses.find((one) => one === message['status']);
  return {
    key: textOf(message['id']) ?? String(at),
    parentKey: textOf(message['parent_id']),
    role: role === 'user' || role === 'system' ? role : 'assistant',
    content: textOf(message['content']) ?? '',
    createdAt: timeOf(message['created_at']),
    metadata: recordOf(message['metadata']) ?? {},
    ...(status === undefined ? {} : { status }),
  };
}
