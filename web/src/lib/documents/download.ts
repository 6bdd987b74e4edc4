import type { Client, Document } from '@alcove/client';
import { saveFile } from '../save-file.ts';

/** Saves the original under its name. */
export async function downloadDocument(
  alcove: Client,
  { id, name }: Pick<Document, 'id' | 'name'>,
): Promise<void> {
  saveFile(await alcove.documents.content(id), name);
}
