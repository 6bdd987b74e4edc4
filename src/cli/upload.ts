import { openAsBlob } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Client, Uploaded, UploadFile } from '@alcove/client';
import { connect } from './connect.ts';
import { describeDocument, showProgress } from './progress.ts';

/** Uploads files and waits until they are read; 1 when one of them cannot be. */
export async function uploadCommand(paths: string[], options: { conversation?: string }): Promise<number> {
  const client = connect();
  // Looked at before a conversation is made for them.
  const files = await Promise.all(paths.map(openFile));
  const { documents, document } =
    options.conversation === undefined
      ? await uploadAnew(client, files)
      : await client.documents.upload(options.conversation, files);
  let failed = false;
  for (const { id } of documents) {
    const read = await showProgress(client, id);
    process.stdout.write(`${describeDocument(read)}\n`);
    failed ||= read.status !== 'ready';
  }
  process.stdout.write(`Conversation ${document.conversation_id}\n`);
  return failed ? 1 : 0;
}

/** Makes a conversation for the files, and takes it away again when they are refused. */
async function uploadAnew(client: Client, files: UploadFile[]): Promise<Uploaded> {
  const { id } = await client.conversations.create({ title: files[0]?.name });
  try {
    return await client.documents.upload(id, files);
  } catch (error) {
    // Why the upload failed is what the user must hear, even if the server is gone by now.
    await client.conversations.delete(id, { permanently: true }).catch(() => undefined);
    throw error;
  }
}

/** @throws Error with one sentence for a path that is no readable file */
async function openFile(path: string): Promise<UploadFile> {
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR')
      throw new Error(`There is no file ${path}.`, { cause });
    throw new Error(`${path} cannot be read (${cause.code}).`, { cause });
  });
  if (found.isDirectory()) throw new Error(`${path} is a folder: name the files in it.`);
  if (!found.isFile()) throw new Error(`${path} is not a file.`);
  return { name: basename(path), blob: await openAsBlob(path) };
}
