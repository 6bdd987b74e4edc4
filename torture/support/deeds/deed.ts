import { randomUUID } from 'node:crypto';
import type { Document } from '@alcove/contract';
import { until } from '../../../test/answers/support/until.ts';
import type { Person } from '../../../test/support/person.ts';
import { mustBe, mustEqual } from '../claims.ts';

/** One thing that people do, and what it must come to in the end, however often it was tried. */
export interface Deed {
  /** Who does it, where that is not the person of the run. */
  as?: Person;
  request: { method: string; path: string; body?: unknown; key: string | null };
  /** Statuses of a success; a repeat of what can be done once may find it done. */
  isDone(status: number): boolean;
  /** Given what it was answered with. @throws BrokenPromise unless it had its one effect */
  verify(text: string): Promise<void>;
}

export interface DeedKind {
  name: string;
  /** It reads, writes or deletes originals. */
  touchesOriginals: boolean;
  /** Its work goes on behind the answer. */
  isSlow: boolean;
  prepare(person: Person): Promise<Deed>;
}

export function kind(
  name: string,
  prepare: DeedKind['prepare'],
  {
    touchesOriginals = false,
    isSlow = touchesOriginals,
  }: { touchesOriginals?: boolean; isSlow?: boolean } = {},
): DeedKind {
  return { name, prepare, touchesOriginals, isSlow };
}

export const created = (status: number): boolean => status === 201 || status === 202;
export const ok = (status: number): boolean => status === 200;
export const gone = (status: number): boolean => status === 200 || status === 404;

/** A conversation of that title, and its one document. */
export async function withDocument(
  person: Person,
  title: string = randomUUID(),
): Promise<{ id: string; documentId: string; text: string }> {
  const { id } = await person.client.conversations.create({ title });
  const text = `One ${id}.`;
  const { status, body } = await person.json<{ document: Document }>(
    'POST',
    `/conversations/${id}/documents?wait=ready`,
    { name: 'one.txt', text },
  );
  mustBe(status === 202, `an upload is answered with ${status}`);
  return { id, documentId: body.document.id, text };
}

/** The conversation has one document, whole, and its original is what was uploaded. */
export async function verifyOneDocument(
  person: Person,
  conversationId: string,
  text?: string,
): Promise<void> {
  const [document, ...others] = await until(
    'the documents are settled',
    async () => {
      const { documents: all } = await person.client.documents.list(conversationId);
      return all.every(isSettled) && all;
    },
    90_000,
  );
  mustEqual('more documents', others, []);
  mustEqual('the document', [document?.status, document?.chunk_count], ['ready', 1]);
  const { chunks } = await person.client.documents.chunks(document?.id ?? '');
  mustEqual('passages', chunks.length, 1);
  if (text === undefined) return;
  mustEqual('its text', (await person.client.documents.text(document?.id ?? '')).text.trim(), text);
  mustEqual('its original', await originalOf(person, document?.id ?? ''), text);
}

function isSettled({ status, replacement }: Document): boolean {
  return ['ready', 'failed'].includes(status) && (replacement === null || replacement.error !== null);
}

async function originalOf(person: Person, documentId: string): Promise<string> {
  return (await person.fetch(`/documents/${documentId}/content`)).text();
}

/** Ids of the person's conversations of that title. */
export async function conversationsOf(person: Person, title: string): Promise<string[]> {
  const { body } = await person.json<{ conversations: { id: string; title: string }[] }>(
    'GET',
    '/conversations?limit=200',
  );
  return body.conversations.filter((one) => one.title === title).map(({ id }) => id);
}

/** Limits of one address are not what is tried here. */
export function randomAddress(): string {
  return `10.${[0, 2, 4].map((at) => Number.parseInt(randomUUID().slice(at, at + 2), 16)).join('.')}`;
}
