import type { DocumentText } from '@alcove/contract';
import { beforeAll, describe, expect, test } from 'vitest';
import { newConversation } from '../answers/support/asking.ts';
import { newPerson, type Person, sharedApp } from '../support/app.ts';
import { textFile } from './support/files.ts';
import { uploadAndWait } from './support/uploading.ts';

const app = sharedApp();
let person: Person;
let conversation: string;
beforeAll(async () => {
  person = await newPerson((await app()).baseUrl);
  conversation = await newConversation(person);
});

const handbook = [
  '# Heron station #',
  'We watch herons\nall year.',
  '- On the pier\n  - at dawn',
  '| Month | Nests |\n| --- | --- |\n| May | 412 |',
  '```sh\ncount --nests\n```',
  'Rings\n-----',
].join('\n\n');

async function add(name: string, text: string, to = conversation): Promise<string> {
  const [document] = await uploadAndWait(person, to, textFile(name, text));
  expect(document?.status).toBe('ready');
  return document?.id ?? '';
}

/** What each block is, how deep, its text and what is read of it. */
function told({ text, blocks }: DocumentText) {
  return blocks?.map(({ kind, level = null, char_start: start, char_end: end, inner }) => [
    kind,
    level,
    text.slice(start, end),
    inner === undefined ? null : text.slice(inner.char_start, inner.char_end),
  ]);
}

describe('the blocks of a text', () => {
  test('are its headings, paragraphs, lists, tables and code, where they stand, marks and all', async () => {
    const read = await person.client.documents.text(await add('handbook.md', handbook));
    expect(read.text).toBe(handbook);
    expect(told(read)).toEqual([
      ['heading', 1, '# Heron station #', 'Heron station'],
      ['paragraph', null, 'We watch herons\nall year.', null],
      ['list_item', null, '- On the pier', null],
      ['list_item', null, '  - at dawn', null],
      ['table', null, '| Month | Nests |\n| --- | --- |\n| May | 412 |', null],
      ['code', null, '```sh\ncount --nests\n```', 'count --nests'],
      ['heading', 2, 'Rings\n-----', 'Rings'],
    ]);
    const table = read.blocks?.find(({ kind }) => kind === 'table');
    expect(read.text.slice(table?.char_start, table?.header_end)).toBe('| Month | Nests |\n| --- | --- |');
    expect(read.blocks?.every(({ page }) => page === null)).toBe(true);
  });

  test('go with a copy, and change with the file', async () => {
    const id = await add('handbook.md', handbook);
    const before = await person.client.documents.text(id);
    const to = await newConversation(person);
    const copied = await person.client.documents.copy([id], to);
    const copy = copied.documents[0]?.id ?? '';
    expect((await person.client.documents.text(copy)).blocks).toEqual(before.blocks);

    const blob = new Blob(['<!doctype html><h2>Nests</h2><ol><li>first</li></ol>']);
    await person.client.documents.replace(copy, { name: 'nests.html', blob });
    await person.client.documents.wait(copy);
    expect(told(await person.client.documents.text(copy))).toEqual([
      ['heading', 2, 'Nests', null],
      ['list_item', null, '1. first', null],
    ]);
    expect((await person.client.documents.text(id)).blocks).toEqual(before.blocks);
  });

  test('are not told of a document that an earlier release has read', async () => {
    const id = await add('old.md', handbook);
    const server = await app();
    await server.app.db.pool.query(`DELETE FROM segments WHERE document_id = $1 AND kind = 'blocks'`, [id]);
    expect(await person.client.documents.text(id)).toMatchObject({ text: handbook, blocks: null });
  });

  test('are not kept where there are more than anybody could use', { timeout: 120_000 }, async () => {
    const many = 'x\n\n'.repeat(100_001);
    expect(await person.client.documents.text(await add('many.txt', many))).toMatchObject({ blocks: null });
  });
});
