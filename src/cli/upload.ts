import { openAsBlob } from 'node:fs';
import { basename } from 'node:path';
import { connect } from './connect.ts';
import { describeDocument, showProgress } from './progress.ts';

/** Uploads files and waits until they are read; 1 when one of them cannot be. */
export async function uploadCommand(paths: string[], options: { conversation?: string }): Promise<number> {
  const client = connect();
  const files = await Promise.all(
    paths.map(async (path) => ({ name: basename(path), blob: await openAsBlob(path) })),
  );
  const conversation =
    options.conversation ?? (await client.conversations.create({ title: files[0]?.name })).id;
  const { documents } = await client.documents.upload(conversation, files);
  let failed = false;
  for (const { id } of documents) {
    const document = await showProgress(client, id);
    process.stdout.write(`${describeDocument(document)}\n`);
    failed ||= document.status !== 'ready';
  }
  process.stdout.write(`Conversation ${conversation}\n`);
  return failed ? 1 : 0;
}
