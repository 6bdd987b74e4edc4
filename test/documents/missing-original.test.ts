import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Problem } from '@alcove/contract';
import { newConversation } from '../answers/support/asking.ts';
import { newPerson, type Person, sharedApp, type TestApp } from '../support/app.ts';
import { encryptedPdf, textFile } from './support/files.ts';
import { filesOf, uploadAndWait, whenSettled } from './support/uploading.ts';

const app = sharedApp();
let server: TestApp;
beforeAll(async () => {
  server = await app();
});

async function removeOriginals(person: Person, replace?: (path: string) => Promise<unknown>): Promise<void> {
  for (const file of await filesOf(server, person)) {
    const path = join(server.dataDir, file);
    await rm(path);
    await replace?.(path);
  }
}

describe('a document whose original is gone', () => {
  test.each([
    ['missing', undefined],
    ['no file any more', mkdir],
  ])('says so when it is downloaded, and stays searchable (%s)', async (_how, replace) => {
    const person = await newPerson(server.baseUrl);
    const id = await newConversation(person);
    const [document] = await uploadAndWait(person, id, textFile('word.txt', 'The word is KESTREL.'));
    await removeOriginals(person, replace);
    for (const method of ['GET', 'HEAD']) {
      const response = await person.fetch(`/documents/${document?.id}/content`, { method });
      expect(response.status).toBe(410);
      if (method === 'HEAD') continue;
      expect((await response.json()) as Problem).toMatchObject({ code: 'original_missing' });
      expect(response.headers.get('content-disposition')).toBeNull();
    }
    expect((await person.client.retrieve(id, { query: 'KESTREL' })).results).toHaveLength(1);
  });

  test('fails alone when it is to be read again, however many wait for a parser', async () => {
    const person = await newPerson(server.baseUrl);
    const id = await newConversation(person);
    const locked = Array.from({ length: 6 }, (_, at) => encryptedPdf(`locked-${at}.pdf`));
    const failed = await uploadAndWait(person, id, ...locked);
    expect(failed.map(({ status }) => status)).toEqual(locked.map(() => 'failed'));
    await removeOriginals(person);
    await Promise.all(failed.map((one) => person.json('POST', `/documents/${one.id}/retry`)));
    const [whole] = await uploadAndWait(person, id, textFile('whole.txt', 'Whole.'));
    expect(whole?.status).toBe('ready');
    for (const { id: documentId } of failed)
      expect((await whenSettled(person, documentId)).error).toMatchObject({ code: 'original_missing' });
  });
});
