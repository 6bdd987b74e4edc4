import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Document, Uploaded } from '@alcove/contract';
import { expect } from 'vitest';
import { until } from '../../answers/support/until.ts';
import type { Person, TestApp } from '../../support/app.ts';
import type { TestFile } from './files.ts';

export function formOf(...files: TestFile[]): FormData {
  const form = new FormData();
  for (const { name, bytes } of files) form.append('file', new Blob([bytes]), name);
  return form;
}

export function send(person: Person, conversationId: string, form: FormData, query = ''): Promise<Response> {
  return person.fetch(`/conversations/${conversationId}/documents${query}`, { method: 'POST', body: form });
}

/** Uploads and does not wait for the reading. */
export async function upload(
  person: Person,
  conversationId: string,
  ...files: TestFile[]
): Promise<Document[]> {
  const response = await send(person, conversationId, formOf(...files));
  expect(response.status).toBe(202);
  return ((await response.json()) as Uploaded).documents;
}

/** Uploads and waits until everything is ready, with vectors where a model makes them, failed or cancelled. */
export async function uploadAndWait(
  person: Person,
  conversationId: string,
  ...files: TestFile[]
): Promise<Document[]> {
  const response = await send(person, conversationId, formOf(...files), '?wait=vectors');
  expect(response.status).toBe(202);
  return ((await response.json()) as Uploaded).documents;
}

export async function documentOf(person: Person, id: string): Promise<Document> {
  const { status, body } = await person.json<Document>('GET', `/documents/${id}`);
  expect(status).toBe(200);
  return body;
}

export function whenSettled(person: Person, id: string, withinMs = 30_000): Promise<Document> {
  return until(
    `document ${id} is settled`,
    async () => {
      const document = await documentOf(person, id);
      return ['ready', 'failed', 'cancelled'].includes(document.status) && document;
    },
    withinMs,
  );
}

/** Ready, and found by semantic search too. */
export function whenEmbedded(person: Person, id: string, withinMs = 30_000): Promise<Document> {
  return until(
    `document ${id} has its vectors`,
    async () => {
      const document = await documentOf(person, id);
      return document.vectors_ready && document;
    },
    withinMs,
  );
}

/** Originals of one person, and uploads under way of everybody, as paths in the data folder. */
export async function filesOf(app: Pick<TestApp, 'dataDir'>, person: Pick<Person, 'id'>): Promise<string[]> {
  const folders = [join('blobs', person.id), 'incoming'];
  const lists = folders.map(async (folder) =>
    (await readdir(join(app.dataDir, folder)).catch(() => [])).map((name) => join(folder, name)),
  );
  return (await Promise.all(lists)).flat();
}

/** What the account's counters say; they are what quotas are checked against. */
export async function countersOf(
  person: Person,
): Promise<{ documents: number; chunks: number; bytes: number }> {
  const {
    total_documents: documents,
    total_chunks: chunks,
    total_bytes: bytes,
  } = await person.client.conversations.overview();
  return { documents, chunks, bytes };
}

/** Rows of every table that hangs on a document, looked at past row-level security. */
export async function rowsOf(app: TestApp, documentId: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of ['document_texts', 'chunks', 'chunk_vectors', 'segments']) {
    const { rows } = await app.app.db.pool.query<{ n: number }>(
      `SELECT count(*) AS n FROM ${table} WHERE document_id = $1`,
      [documentId],
    );
    counts[table] = rows[0]?.n ?? Number.NaN;
  }
  return counts;
}

export const noRows = { document_texts: 0, chunks: 0, chunk_vectors: 0, segments: 0 };
/** Of a document of one passage that has its vectors: its segments hold them. */
export const rowsOfOne = { document_texts: 1, chunks: 1, chunk_vectors: 0, segments: 3 };
