import type { Document } from '@alcove/contract';
import type { Person } from '../../support/app.ts';
import { textFile } from './files.ts';
import { type HeldParser, holdParser } from './hold-parser.ts';
import { documentOf, upload } from './uploading.ts';

let held = 0;

/** A document whose parser stands still. */
export async function uploadHeld(
  who: Person,
  where: string,
): Promise<{ document: Document; parser: HeldParser }> {
  held += 1;
  // Each text is another one: what has been embedded before is not embedded again.
  const file = textFile('held.txt', `Text number ${held} that is held.`);
  const parser = holdParser();
  const [document] = await upload(who, where, file);
  return { parser: await parser, document: await documentOf(who, document?.id ?? '') };
}
