import type { Client, Document } from '@alcove/client';

/** Shows how far a document is, on one line where the output is a terminal, and returns its last state. */
export async function showProgress(client: Client, id: string): Promise<Document> {
  let last: Document | null = null;
  let stage = '';
  for await (const document of client.documents.events(id)) {
    last = document;
    const text = `  ${document.name}: ${Math.round(document.progress * 100)} % ${document.stage_message ?? document.status}`;
    if (process.stdout.isTTY) process.stdout.write(`\r\u001b[2K${text}`);
    else if (document.status !== stage) process.stdout.write(`${text}\n`);
    stage = document.status;
  }
  if (process.stdout.isTTY) process.stdout.write('\r\u001b[2K');
  if (last === null) throw new Error('The document was deleted while it was read.');
  return last;
}

/** What became of a document, in one line. */
export function describeDocument(document: Document): string {
  if (document.status !== 'ready')
    return `  ${document.name}: ${document.status}. ${document.error?.error ?? ''}`;
  const pages = document.pages === null ? '' : `${document.pages} pages, `;
  return `  ${document.name}: ready (${pages}${document.chunk_count} passages, ${document.token_count} tokens)`;
}
