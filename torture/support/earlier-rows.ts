import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type EarlierTables,
  type KeptRow,
  openEarlierTables,
  type Query,
  type Row,
} from './earlier-tables.ts';

/** Beside messages and a document: rows of whatever other tables an earlier schema has. */
export interface EarlierRows {
  kept: readonly KeptRow[];
  /** Documents by id that wait to be read, or for what takes their place, and the text that each will have. */
  documents: Record<string, string>;
  /** The answer that was being written: what came of it. */
  answer: { conversationId: string; messageId: string; content: string };
  /** A link, where there were links. */
  link: { token: string; title: string } | null;
  /** What they add to the counters of the account. */
  counts: { messages: number; documents: number; chunks: number; bytes: number };
}

/** Of the account whose conversation and document the others are about. */
interface About {
  userId: string;
  conversationId: string;
  messageId: string;
  documentId: string;
}

const at = '2026-01-02T00:00:00.000Z';
const never = '2100-01-01T00:00:00.000Z';
const made = { created_at: at, updated_at: at };
const title = 'Going on';
const begun = 'It stands on the cliff';

/** Fills the tables that there are, in the columns that they have. */
export async function fillOtherTables(query: Query, dataDir: string, about: About): Promise<EarlierRows> {
  const tables = await openEarlierTables(query);
  const projectId = randomUUID();
  const project = { user_id: about.userId, id: projectId, name: 'Of old', prompt: 'Be short.', ...made };
  await tables.insertKept('projects', ['id'], project);
  const below = { user_id: about.userId, conversation_id: randomUUID() };
  const answer = await fillAnswer(tables, below, projectId);
  const read = await fillDocuments(tables, below, dataDir);
  await query('UPDATE conversations SET document_count = $2 WHERE id = $1', [
    below.conversation_id,
    read.counts.documents,
  ]);
  await fillAccount(tables, about);
  await fillAbout(tables, about);
  await tables.insert('re_embeddings', { ...below, model: 'of old', due_at: at });
  const link = await fillLink(tables, below, answer.questionId);
  return {
    kept: tables.kept,
    documents: read.documents,
    answer: { conversationId: below.conversation_id, messageId: answer.messageId, content: begun },
    link,
    counts: { messages: 2, ...read.counts },
  };
}

/** A conversation whose answer is being written. */
async function fillAnswer(
  tables: EarlierTables,
  below: { user_id: string; conversation_id: string },
  projectId: string,
): Promise<{ questionId: string; messageId: string }> {
  const [questionId, messageId] = [randomUUID(), randomUUID()];
  await tables.insert('conversation_directory', below);
  await tables.insert('conversations', {
    user_id: below.user_id,
    id: below.conversation_id,
    title,
    conversation_type: 'general',
    status: 'active',
    active_leaf_id: messageId,
    next_seq: 3,
    message_count: 2,
    project_id: projectId,
    last_message_at: at,
    activity_at: at,
    ...made,
  });
  const message = { ...below, metadata: '{}', created_at: at };
  await tables.insertKept('messages', ['id'], {
    ...message,
    id: questionId,
    seq: 1,
    role: 'user',
    content: 'Where does it stand?',
    status: 'complete',
    feedback: 'up',
    summary: 'Somebody asks where it stands.',
  });
  await tables.insert('messages', {
    ...message,
    id: messageId,
    parent_id: questionId,
    seq: 2,
    role: 'assistant',
    content: '',
    status: 'streaming',
  });
  const answer = { ...below, message_id: messageId };
  const event = JSON.stringify({ type: 'delta', text: begun });
  await tables.insert('answer_events', { ...answer, seq: 1, event });
  if (tables.has('generations'))
    await tables.insert('generations', { ...answer, lease_owner: 'somebody', lease_until: at });
  else await tables.insert('work', { ...answer, kind: 'answer', item_id: messageId, due_at: at });
  return { questionId, messageId };
}

/** A document that waits to be read, and one that is to be replaced. */
async function fillDocuments(
  tables: EarlierTables,
  below: { user_id: string; conversation_id: string },
  dataDir: string,
): Promise<Pick<EarlierRows, 'documents'> & { counts: Omit<EarlierRows['counts'], 'messages'> }> {
  const documents: Record<string, string> = {};
  const counts = { documents: 0, chunks: 0, bytes: 0 };
  const store = (text: string) => keepFile(dataDir, below.user_id, text);
  async function add(text: string, more: Row): Promise<string> {
    const id = randomUUID();
    const { blobKey, ...file } = await store(text);
    const stored = { blob_key: blobKey, media_type: file.mediaType, size_bytes: file.sizeBytes };
    await tables.insert('documents', { ...below, ...made, id, ...file, ...stored, ...more });
    counts.documents += 1;
    counts.bytes += file.sizeBytes;
    return id;
  }
  const toRead = (id: string, text: string): Promise<void> => {
    documents[id] = text;
    return tables.insert('work', { ...below, kind: 'ingest', item_id: id, document_id: id, due_at: at });
  };
  const unread = 'The lamp of Marsk is lit by hand.';
  await toRead(await add(unread, { status: 'queued', due_at: at }), unread);
  if (!tables.has('documents', 'replacement')) return { documents, counts };
  const [old, text] = ['The keeper of Marsk is old.', 'The keeper of Marsk is young by now.'];
  const { blobKey, ...file } = await store(text);
  const waiting = { status: 'queued', progress: 0, stageMessage: null, errorCode: null, errorMessage: null };
  const id = await add(old, {
    status: 'ready',
    progress: 1,
    chunk_count: 1,
    token_count: 7,
    replacement_blob_key: blobKey,
    replacement: JSON.stringify({ ...file, ...waiting }),
  });
  await tables.insert('document_texts', { ...below, document_id: id, text: old });
  const place = { ordinal: 0, heading: [], char_start: 0, char_end: old.length, tokens: 7, content: old };
  await tables.insert('chunks', { ...below, document_id: id, id: randomUUID(), ...place });
  counts.chunks += 1;
  await toRead(id, text);
  return { documents, counts };
}

async function keepFile(dataDir: string, userId: string, text: string) {
  const blobKey = `${userId}/${randomUUID()}`;
  await mkdir(join(dataDir, 'blobs', userId), { recursive: true, mode: 0o700 });
  await writeFile(join(dataDir, 'blobs', blobKey), text);
  return {
    blobKey,
    name: 'going-on.txt',
    mediaType: 'text/plain',
    sizeBytes: text.length,
    sha256: hashOf(text),
  };
}

/** What an account has beside conversations. */
async function fillAccount(tables: EarlierTables, { userId }: About): Promise<void> {
  const own = { user_id: userId };
  const sessionId = randomUUID();
  await tables.insertKept('sessions', ['id'], { ...own, id: sessionId, created_at: at, expires_at: never });
  const token = { token_hash: hashOf(randomUUID()), session_id: sessionId };
  await tables.insertKept('refresh_tokens', ['token_hash'], { ...own, ...token, created_at: at });
  // Older ones are forgotten after a while.
  const action = { action: 'login', address: '203.0.113.0/24', created_at: new Date().toISOString() };
  await tables.insertKept('audit_log', ['id'], { ...own, id: randomUUID(), ...action });
  const day = { ...own, day: '2026-01-02' };
  await tables.insertKept('activity', ['user_id', 'day'], { ...day, messages: 5, questions: 2 });
  await tables.insertKept('model_usage', ['user_id', 'day'], { ...day, model: 'of old', answers: 3 });
  await tables.insertKept('daily_usage', ['user_id', 'day'], { ...day, answers: 3 });
  const link = { purpose: 'reset', token_hash: hashOf(randomUUID()), created_at: at, expires_at: never };
  await tables.insertKept('setup_tokens', ['token_hash'], { ...own, ...link });
}

/** What hangs on a conversation, a message or a document. */
async function fillAbout(tables: EarlierTables, { userId, ...about }: About): Promise<void> {
  const below = { user_id: userId, conversation_id: about.conversationId };
  const ofMessage = { ...below, message_id: about.messageId };
  await tables.insertKept('api_keys', ['id'], {
    ...below,
    id: randomUUID(),
    name: 'of old',
    key_hash: hashOf(randomUUID()),
    scope: 'conversation',
    created_at: at,
  });
  const trace = { trace: '{"query": "Where?"}', created_at: new Date().toISOString() };
  await tables.insertKept('retrieval_traces', ['message_id'], { ...ofMessage, ...trace });
  const vector = { ordinal: 0, model: 'of old', embedding: '[1,0,0]' };
  await tables.insert('chunk_vectors', { ...below, document_id: about.documentId, ...vector });
  await tables.insertKept('chat_bindings', ['chat_id'], { ...below, chat_id: 'of old' });
  const imported = { source: 'chatgpt', external_id: randomUUID(), created_at: at };
  await tables.insertKept('imported_items', ['external_id'], { ...below, ...imported });
  const template = { name: 'Of old', settings: '{}', starter_questions: ['Where?'] };
  await tables.insertKept('templates', ['id'], { ...below, id: randomUUID(), ...template, ...made });
  const key = randomUUID();
  const claim = {
    user_id: userId,
    key,
    request_hash: `${hashOf('path')}.${hashOf('body')}`,
    status: 201,
    response: '{}',
    locked_until: at,
    expires_at: never,
  };
  // A migration forgets those whose answers lie in the same row.
  if (!tables.has('idempotency_answers')) return tables.insert('idempotency_keys', claim);
  await tables.insertKept('idempotency_keys', ['key'], claim);
  await tables.insertKept('idempotency_answers', ['key'], { ...ofMessage, key, response: '{}' });
}

async function fillLink(
  tables: EarlierTables,
  below: { user_id: string; conversation_id: string },
  leafId: string,
): Promise<EarlierRows['link']> {
  if (!tables.has('shares')) return null;
  const token = randomBytes(32).toString('base64url');
  await tables.insertKept('shares', ['id'], {
    ...below,
    id: randomUUID(),
    token_hash: hashOf(token),
    leaf_id: leafId,
    document_ids: [],
    snapshot: JSON.stringify({ title, messages: [], documents: [] }),
    ...made,
  });
  const key = { user_id: below.user_id, key: `share:${hashOf(token)}`, created_at: at };
  await tables.insertKept('login_keys', ['key'], key);
  return { token, title };
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
