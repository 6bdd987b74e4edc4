import { expect, test } from 'vitest';
import { newId } from '../../src/db/ids.ts';
import { completeDocument, listChunks } from '../../src/documents/index-store.ts';
import { insertDocuments } from '../../src/documents/store.ts';
import { readText } from '../../src/documents/text-store.ts';
import { documentWork } from '../../src/work/lease.ts';
import { claim } from '../../src/work/store.ts';
import { indexed, newScope, unlimited } from '../retrieval/write-document.ts';
import { sharedApp } from '../support/app.ts';

/** Has no worker that could take what a test is about to claim. */
const app = sharedApp({ env: { ROLE: 'web' } });

test('passages are stored as they were made, whatever stands in them', async () => {
  const { baseUrl, app: running } = await app();
  const { db } = running;
  const scope = await newScope(db, baseUrl);
  const id = newId();
  const file = { id, name: 'v.txt', mediaType: 'text/plain', sizeBytes: 1, sha256: id };
  await insertDocuments(db, scope, [{ ...file, blobKey: `${scope.userId}/${id}` }], unlimited, new Date());
  const lease = await claim(db, documentWork(scope, 'ingest', id), 'test', 60_000);
  const odd = [
    'a "quoted" word',
    String.raw`back\slash`,
    '{1,2}',
    'NULL',
    '',
    ' ',
    'Ünï 漢字 😀',
    "it's\n\t\u0001",
  ];
  const passages = [
    { page: null, heading: [], prefix: null, content: 'plain' },
    ...odd.map((text, at) => ({ page: at + 1, heading: [text, 'NULL', text], prefix: text, content: text })),
    // More than go in one statement, and a text that is long.
    ...Array.from({ length: 4100 }, (_, at) => ({
      page: 7,
      heading: ['Notes'],
      prefix: null,
      content: `Heron ${at} of many waits here.`,
    })),
  ].map((passage, at) => ({
    ...passage,
    charStart: at,
    charEnd: at + 1,
    tokens: at % 500,
    ocr: at % 3 === 0,
  }));
  const made = { ...indexed(passages.map(({ content }) => content)), chunks: passages };
  expect(made.text.length).toBeGreaterThan(100_000);
  expect(await completeDocument(db, lease!, made, null, new Date())).toBe(true);

  const stored = await listChunks(db, scope, id, passages.length + 1, -1);
  expect(
    stored.map(({ page, heading, prefix, content, charStart, charEnd, tokens, ocr }) => ({
      page,
      heading,
      prefix,
      content,
      charStart,
      charEnd,
      tokens,
      ocr,
    })),
  ).toEqual(passages);
  expect(stored.map(({ ordinal }) => ordinal)).toEqual(passages.map((_, at) => at));
  expect(new Set(stored.map((row) => row.id)).size).toBe(passages.length);
  expect(await readText(db, scope, id)).toBe(made.text);
});
