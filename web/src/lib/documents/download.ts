import type { Client, Document } from '@alcove/client';

/** Saves the original under its name, whatever the browser would do with its type. */
export async function downloadDocument(
  alcove: Client,
  { id, name }: Pick<Document, 'id' | 'name'>,
): Promise<void> {
  saveBlob(await alcove.documents.content(id), name);
}

function saveBlob(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
