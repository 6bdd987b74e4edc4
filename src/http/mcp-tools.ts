import { Readable } from 'node:stream';
import { type Answer, maxQuestionCharacters } from '@alcove/contract';
import { type CallToolResult, McpServer } from '@modelcontextprotocol/server';
import type { FastifyBaseLogger, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { readingText } from '../answers/compose/gather.ts';
import { ask, newPlace } from '../answers/ask.ts';
import { waitForAnswer } from '../answers/stream/follow.ts';
import { ConversationScope } from '../conversations/scope.ts';
import { listConversations } from '../conversations/list-store.ts';
import { insertConversation } from '../conversations/store.ts';
import { defaultTitle } from '../conversations/title.ts';
import { findDocument, listDocuments } from '../documents/store.ts';
import { readText } from '../documents/text-store.ts';
import { upload } from '../documents/upload.ts';
import { AppError } from '../errors.ts';
import { retrieve } from '../retrieval/retrieve.ts';
import { principalOf } from './auth.ts';
import type { HttpDeps } from './deps.ts';
import { presentConversation, presentDocument } from './present.ts';
import { countMessage } from './rate-limits.ts';
import { documentMissing, scopeOf } from './scopes.ts';

/** Characters of a document's text that one call reads. */
const readAtMost = 20_000;
const conversationId = z.uuid().describe('Id of a conversation');

type Tools = Pick<
  HttpDeps,
  'db' | 'answers' | 'documents' | 'config' | 'requestCounts' | 'closing' | 'now' | 'version'
>;

/** The server that one request of this caller meets: its tools do what the caller's credential may do. */
export function mcpServer(request: FastifyRequest, deps: Tools): McpServer {
  const server = new McpServer(
    { name: 'alcove', title: 'Alcove', version: deps.version },
    {
      instructions:
        'Conversations that keep their own documents. List conversations to find one, search its documents for passages, or ask a question that is answered from them with citations.',
    },
  );
  const told = (work: () => Promise<unknown>) => tell(work, request.log);
  addReading(server, request, deps, told);
  if (principalOf(request).access !== 'read') addWriting(server, request, deps, told);
  return server;
}

type Told = (work: () => Promise<unknown>) => Promise<CallToolResult>;

function addReading(server: McpServer, request: FastifyRequest, deps: Tools, told: Told): void {
  const { scope: user } = principalOf(request);
  const { db, answers, closing } = deps;
  const reads = { readOnlyHint: true, openWorldHint: false };
  const open = (id: string) => ConversationScope.open(db, user, id);

  server.registerTool(
    'list_conversations',
    {
      title: 'List conversations',
      description: 'Conversations, pinned ones first, then those of newest activity.',
      inputSchema: z.object({ limit: z.int().min(1).max(200).default(50) }),
      annotations: reads,
    },
    ({ limit }) =>
      told(async () => ({
        conversations: (await listConversations(db, user, { status: 'active' }, limit, null)).map(
          presentConversation,
        ),
      })),
  );
  server.registerTool(
    'list_documents',
    {
      title: 'List documents',
      description: 'Documents of a conversation, newest first, with the state of each.',
      inputSchema: z.object({ conversation_id: conversationId }),
      annotations: reads,
    },
    ({ conversation_id: id }) =>
      told(async () => ({
        documents: (await listDocuments(db, await open(id), 200, null)).map(presentDocument),
      })),
  );
  server.registerTool(
    'search_documents',
    {
      title: 'Search documents',
      description: 'Passages of the documents of a conversation that match a question best.',
      inputSchema: z.object({
        conversation_id: conversationId,
        query: z.string().trim().min(1).max(maxQuestionCharacters),
        top_k: z.int().min(1).max(50).default(10),
      }),
      annotations: reads,
    },
    ({ conversation_id: id, query, top_k: topK }) =>
      told(async () => {
        const wanted = { queries: [query], strategy: 'rrf_fusion' as const, topK };
        const found = await retrieve(await open(id), wanted, answers.retrieval, closing);
        return {
          passages: found.results.map((chunk) => ({
            document_id: chunk.documentId,
            document_name: chunk.documentName,
            page: chunk.page,
            heading: chunk.heading,
            char_start: chunk.charStart,
            score: chunk.score,
            ...(chunk.ocr && { ocr: true }),
            content: readingText(chunk),
          })),
          notices: found.notices,
        };
      }),
  );
  server.registerTool(
    'read_document',
    {
      title: 'Read a document',
      description: `The text of a document, at most ${readAtMost} characters from a place in it.`,
      inputSchema: z.object({
        document_id: z.uuid(),
        char_start: z.int().min(0).default(0),
        length: z.int().min(1).max(readAtMost).default(readAtMost),
      }),
      annotations: reads,
    },
    ({ document_id: id, char_start: from, length }) =>
      told(async () => {
        const row = await findDocument(db, user, id);
        if (row === null) throw documentMissing();
        const text = await readText(db, scopeOf(request, row), id);
        if (text === null) throw new AppError('conflict', 'This document is not read yet: try again later.');
        return {
          name: row.name,
          text: text.slice(from, from + length),
          char_start: from,
          characters: text.length,
        };
      }),
  );
}

function addWriting(server: McpServer, request: FastifyRequest, deps: Tools, told: Told): void {
  const { scope: user } = principalOf(request);
  const { db, answers, documents, config, requestCounts, closing, now } = deps;
  const writes = { readOnlyHint: false, destructiveHint: false, openWorldHint: false };

  server.registerTool(
    'ask',
    {
      title: 'Ask',
      description:
        'Answers a question from the documents of a conversation, with citations; without a conversation it begins a new one. Question and answer are kept.',
      inputSchema: z.object({
        question: z.string().trim().min(1).max(maxQuestionCharacters),
        conversation_id: conversationId.optional(),
      }),
      annotations: writes,
    },
    ({ question: query, conversation_id: id }) =>
      told(async () => {
        await countMessage(principalOf(request), requestCounts, config.limits.messagesPerMinute);
        const place =
          id === undefined
            ? newPlace(user, 'rag_query', query)
            : { scope: await ConversationScope.open(db, user, id), begins: null };
        const { messageId } = await ask(place, { query, strategy: undefined, topK: undefined }, answers);
        return readable(await waitForAnswer(place.scope, messageId, answers, closing));
      }),
  );
  // A key for one conversation makes no others.
  if (user.limitedTo === undefined)
    server.registerTool(
      'create_conversation',
      {
        title: 'Create a conversation',
        description: 'An empty conversation, to which documents can be added.',
        inputSchema: z.object({ title: z.string().trim().min(1).max(200).default(defaultTitle) }),
        annotations: writes,
      },
      ({ title }) =>
        told(async () =>
          presentConversation(
            await insertConversation(db, user, { title, conversationType: 'general' }, now()),
          ),
        ),
    );
  server.registerTool(
    'add_document',
    {
      title: 'Add a document',
      description: 'Keeps a text as a document of a conversation; it can be searched once it is ready.',
      inputSchema: z.object({
        conversation_id: conversationId,
        name: z.string().trim().min(1).max(255),
        text: z.string().min(1).max(1_000_000),
      }),
      annotations: writes,
    },
    ({ conversation_id: id, name, text }) =>
      told(async () => {
        const scope = await ConversationScope.open(db, user, id);
        const [row] = await upload(scope, oneText(name, text), documents);
        if (row === undefined) throw new Error('an upload of one file has one row');
        return presentDocument(row);
      }),
  );
}

async function* oneText(name: string, text: string) {
  const isNamed = /\.[a-z0-9]{1,8}$/i.test(name);
  yield { name: isNamed ? name : `${name}.txt`, content: Readable.from([Buffer.from(text)]) };
}

/** An answer with its sources as a model reads them. */
function readable(answer: Answer): string {
  const sources = answer.sources.map(
    ({ n, document_name: name, page, document_id: id, excerpt }) =>
      `[${n}] ${name}${page === null ? '' : `, page ${page}`} (document ${id}): ${excerpt}`,
  );
  const kept = `Kept as message ${answer.message_id} of conversation ${answer.conversation_id}.`;
  return [answer.answer, ...(sources.length === 0 ? [] : [`Sources:\n${sources.join('\n')}`]), kept].join(
    '\n\n',
  );
}

/** What a tool has to say, or in one sentence why it cannot. */
async function tell(work: () => Promise<unknown>, log: FastifyBaseLogger): Promise<CallToolResult> {
  try {
    const said = await work();
    return { content: [{ type: 'text', text: typeof said === 'string' ? said : JSON.stringify(said) }] };
  } catch (error) {
    if (!(error instanceof AppError)) log.error({ err: error }, 'unexpected error');
    const text = error instanceof AppError ? error.plain : 'Something unexpected went wrong here.';
    return { content: [{ type: 'text', text }], isError: true };
  }
}
