import { createProjectBody, createTemplateBody } from '@alcove/contract';
import { knownSettings } from '../../conversations/settings.ts';
import type { KeptFeedback } from '../../conversations/tree-store.ts';
import { safeName } from '../../documents/file-name.ts';
import { accountFormat, bundleVersion, conversationFormat } from '../bundle.ts';
import { storable } from '../storable.ts';
import { listOf, recordOf, recordsOf, textOf, timeOf, titleOf } from './fields.ts';
import {
  type ImportedDocument,
  ImportFault,
  type ImportedMessage,
  type ImportedProject,
  type ImportFormat,
  type OwnFields,
  refuseTooMany,
} from './imported.ts';

const statuses = ['incomplete', 'failed', 'cancelled'] as const;
const modes = ['full', 'search', 'off'] as const;
const ratings = ['up', 'down'] as const;
const bundledProject = createProjectBody;
const bundledTemplate = createTemplateBody.omit({ from_conversation_id: true });
/** More are not listed. */
const mostProjects = 1_000;

/** `conversation.json` of an export from here. */
export const ownBundle: ImportFormat = {
  source: 'alcove',
  recognises: (item) => item['format'] === conversationFormat,
  read(item) {
    if (typeof item['version'] !== 'number' || item['version'] > bundleVersion)
      throw new ImportFault('It was exported by a newer version: upgrade this server first.');
    const conversation = recordOf(item['conversation']) ?? {};
    const messages = recordsOf(item['messages']);
    refuseTooMany(messages.length);
    return {
      source: 'alcove',
      externalId: textOf(conversation['id']) ?? '',
      title: titleOf(conversation['title'], 'Conversation'),
      createdAt: timeOf(conversation['created_at']),
      updatedAt: timeOf(conversation['last_message_at']),
      messages: messages.map(messageOf),
      activeKey: textOf(conversation['active_leaf_id']),
      pinned: conversation['pinned'] === true,
      archived: conversation['status'] === 'archived',
      tags: Array.isArray(conversation['tags'])
        ? conversation['tags'].flatMap((tag) => textOf(tag) ?? [])
        : [],
      documents: documentsOf(item['documents']),
      own: {
        conversationType: conversation['conversation_type'] === 'rag_query' ? 'rag_query' : 'general',
        settings: knownSettings(storable(recordOf(conversation['settings']) ?? {}) as object),
        project: projectOf(conversation['project']),
        template: templateOf(conversation['template']),
      },
    };
  },
};

/** The projects of `account.json`; null for anything else. */
export function projectsOf(item: Record<string, unknown>): ImportedProject[] | null {
  if (item['format'] !== accountFormat) return null;
  return listOf(item['projects'])
    .slice(0, mostProjects)
    .flatMap((one) => projectOf(one) ?? []);
}

function projectOf(value: unknown): ImportedProject | null {
  const { data } = bundledProject.safeParse(storable(value));
  return data === undefined ? null : { name: data.name, prompt: data.prompt ?? null };
}

function templateOf(value: unknown): OwnFields['template'] {
  const record = recordOf(storable(value));
  if (record === null) return null;
  const { data } = bundledTemplate.safeParse({
    ...record,
    settings: knownSettings(recordOf(record['settings']) ?? {}),
  });
  if (data === undefined) throw new ImportFault('It is a template, and not as templates are.');
  const { name, description = null, settings = {}, starter_questions: starterQuestions = [] } = data;
  return { name, description, settings, starterQuestions };
}

/** Each id once: a second one of the same would be cited by nobody. */
function documentsOf(list: unknown): ImportedDocument[] {
  const byId = new Map<string, ImportedDocument>();
  for (const document of recordsOf(list)) {
    const [id, name, path] = [textOf(document['id']), textOf(document['name']), textOf(document['path'])];
    if (id === null || name === null || path === null || byId.has(id)) continue;
    const contextMode = modes.find((one) => one === document['context_mode']) ?? 'auto';
    byId.set(id, { id, name: safeName(name), path, sha256: textOf(document['sha256']), contextMode });
  }
  return [...byId.values()];
}

function messageOf(message: Record<string, unknown>, at: number): ImportedMessage {
  const role = textOf(message['role']);
  const status = statuses.find((one) => one === message['status']);
  return {
    key: textOf(message['id']) ?? String(at),
    parentKey: textOf(message['parent_id']),
    role: role === 'user' || role === 'system' ? role : 'assistant',
    content: textOf(message['content']) ?? '',
    createdAt: timeOf(message['created_at']),
    metadata: storable(message['metadata'] ?? {}),
    feedback: feedbackOf(recordOf(message['feedback'])),
    ...(status === undefined ? {} : { status }),
  };
}

function feedbackOf(feedback: Record<string, unknown> | null): KeptFeedback | null {
  const rating = ratings.find((one) => one === feedback?.['rating']);
  const at = timeOf(feedback?.['created_at']);
  return rating === undefined || at === null ? null : { rating, reason: textOf(feedback?.['reason']), at };
}
