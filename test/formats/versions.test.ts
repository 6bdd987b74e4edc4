import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { chunk } from '../../src/documents/chunk.ts';
import { prepareIndex } from '../../src/indexing/prepare.ts';
import { keywordVersion, passagesVersion } from '../../src/indexing/versions.ts';
import { makeDocuments } from './made-documents.ts';
import { read } from './read.ts';

/**
 * What the present versions make of the documents below. A change of either fingerprint is a change of what is stored:
 * raise its version in src/indexing/versions.ts, so that documents that were read before are made anew, and write the
 * new fingerprint here. (A newer pdf.js may be the reason: the same holds.)
 */
const known = {
  passages: { version: 2, fingerprint: '77ca6c91d0523637' },
  keywords: { version: 2, fingerprint: 'c3a2dbb5a2774f50' },
};

/** Long enough for several passages, with headings, a list and a table. */
const report = Array.from({ length: 30 }, (_, at) =>
  [
    `## Chapter ${at + 1}: the year of the harbour`,
    'The ferries carried more passengers than in the year before, because the new pier was open. '.repeat(6),
    '- Two electric ferries\n- A café on deck 3',
    `| Route | Trips |\n| --- | --- |\n| Marsk | ${at * 7 + 1} |\n| Tolvik | ${at * 11 + 2} |`,
  ].join('\n\n'),
).join('\n\n');
const others = [
  { name: 'report.md', bytes: Buffer.from(`# Harbour report\n\n${report}`) },
  { name: 'report.txt', bytes: Buffer.from(report.replaceAll(/[#|]/g, '')) },
  {
    name: 'latin.txt',
    bytes: Buffer.from('Größe und Gewicht der Fähre: 45 Fuß, 12 Tonnen. '.repeat(20), 'latin1'),
  },
  {
    name: 'harbour.zh.txt',
    bytes: Buffer.from('港口去年运送了四万一千名旅客。渡轮在五月提高了票价。'.repeat(30)),
  },
];

test('what is stored of a document changes with its version only', { timeout: 120_000 }, async () => {
  const passages = createHash('sha256');
  const keywords = createHash('sha256');
  for (const { name, bytes } of [...(await makeDocuments()), ...others]) {
    const extracted = await read(bytes, name);
    const chunks = chunk(extracted);
    const { language, segment } = prepareIndex({
      title: extracted.title ?? '',
      fileName: name,
      text: extracted.text,
      chunks,
    });
    passages.update(JSON.stringify([name, language, chunks]));
    keywords.update(segment);
  }
  expect({
    passages: { version: passagesVersion, fingerprint: passages.digest('hex').slice(0, 16) },
    keywords: { version: keywordVersion, fingerprint: keywords.digest('hex').slice(0, 16) },
  }).toEqual(known);
});
