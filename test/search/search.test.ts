import { beforeAll, describe, expect, test } from 'vitest';
import type { SearchResults } from '@alcove/contract';
import { letSearchUseIndex, searchesByIndex } from '../../src/db/leakproof.ts';
import { addText } from '../answers/support/asking.ts';
import { pdfFile } from '../documents/support/files.ts';
import { uploadAndWait } from '../documents/support/uploading.ts';
import { databaseKind, newPerson, type Person, sharedApp } from '../support/app.ts';

const app = sharedApp();
let person: Person;
let rivers: string;
let houses: string;

beforeAll(async () => {
  person = await newPerson((await app()).baseUrl);
  rivers = await conversation('Rivers of the north', [
    ['user', 'Which boats were running down the river Tolvik in the spring flood?'],
    ['assistant', 'Three ferries ran every day; the fourth stayed in the harbour because of the ice.'],
  ]);
  houses = await conversation('Häuser am See', [
    ['user', 'Die alten Häuser am Ufer wurden im Winter von den Besitzern verkauft.'],
    ['user', '東京都の人口は約1400万人です'],
    ['assistant', 'Les maisons blanches du village sont restées vides pendant des années.'],
  ]);
  await person.json('PATCH', `/conversations/${houses}`, { tags: ['deutsch'] });
  await person.json('POST', `/conversations/${rivers}/documents?wait=ready`, {
    name: 'floods.txt',
    text: 'The flood of 1987\n\nThe dam at Alvast broke on the 3rd of May and the valley was evacuated.',
  });
});

async function conversation(title: string, messages: [role: string, content: string][]): Promise<string> {
  const { id } = await person.client.conversations.create({ title });
  for (const [role, content] of messages)
    await person.json('POST', `/conversations/${id}/messages`, { role, content });
  return id;
}

async function find(q: string, more = ''): Promise<SearchResults['results']> {
  const { status, body } = await person.json<SearchResults>(
    'GET',
    `/search?q=${encodeURIComponent(q)}${more}`,
  );
  expect(status, JSON.stringify(body)).toBe(200);
  return body.results;
}

const texts = (hits: SearchResults['results']): string[] => hits.map(({ snippet }) => snippet.text);

describe('a message is found', () => {
  test.each([
    ['by a word of it', 'ferries', 'Three ferries'],
    ['by another form of the word', 'ferry', 'Three ferries'],
    ['in German', 'Haus', 'Die alten Häuser'],
    ['in German without the accent', 'hauser', 'Die alten Häuser'],
    ['in French', 'maison blanche', 'Les maisons'],
    ['by the beginning of a word', 'harb', 'Three ferries'],
    ['with one letter wrong', 'harbuor', 'Three ferries'],
    ['with one letter missing', 'tolvk', 'Which boats'],
    ['in Chinese characters', '人口', '東京都'],
    ['by one character', '京', '東京都'],
    ['by its sentence', 'Which ferries stayed because of ice?', 'Three ferries'],
  ])('%s', async (_how, query, beginning) => {
    const [first] = await find(query, '&in=messages');
    expect(first?.snippet.text.startsWith(beginning), first?.snippet.text).toBe(true);
    expect(first?.kind).toBe('message');
    expect(first?.message_id).toMatch(/^[0-9a-f-]{36}$/);
  });
});

test('the snippet marks what was found', async () => {
  const [first] = await find('ferry ice', '&in=messages');
  const marked = first?.snippet.ranges.map(({ start, end }) => first.snippet.text.slice(start, end));
  expect(marked).toEqual(['ferries', 'ice']);
});

test('a passage of a PDF is found with the page that it stands on', async () => {
  const { id } = await person.client.conversations.create({ title: 'Pages' });
  const pages = [
    'The quay of Malvern was widened.',
    '',
    'The lock at Quorndale was closed.',
    'Nothing else.',
  ];
  const file = pdfFile('works.pdf', pages);
  const [document] = await uploadAndWait(person, id, file);
  for (const [word, page] of [
    ['Malvern', 1],
    ['Quorndale', 3],
  ] as const) {
    const [hit, ...others] = await find(word, '&in=documents');
    expect(hit).toMatchObject({ document_id: document?.id, document_name: 'works.pdf', page });
    expect(hit?.snippet.text).toContain(word);
    expect(others).toEqual([]);
  }
});

test('titles, messages and passages come in one list, each with where to jump to', async () => {
  const hits = await find('flood river north');
  expect(new Set(hits.map(({ kind }) => kind))).toEqual(new Set(['title', 'message', 'document']));
  const passage = hits.find(({ chunk_id: chunk }) => chunk !== null);
  expect(passage).toMatchObject({ document_name: 'floods.txt', conversation_id: rivers });
  expect(texts(await find('north', '&in=titles'))).toEqual(['Rivers of the north']);
  expect((await find('floods', '&in=documents')).some(({ chunk_id: chunk }) => chunk === null)).toBe(true);
});

test('filters narrow the search', async () => {
  expect(texts(await find('ferry from:user'))).toEqual([]);
  expect(texts(await find('in:title rivers'))).toEqual(['Rivers of the north']);
  expect((await find('tag:deutsch maisons')).length).toBe(1);
  expect(await find('tag:other maisons')).toEqual([]);
  expect(await find('ferries before:2020-01-01')).toEqual([]);
  expect((await find('ferries after:2020-01-01')).length).toBe(1);
  expect((await find('has:document ferries')).length).toBe(1);
  expect(await find('has:document maisons')).toEqual([]);
  expect((await find('"stayed in the harbour"')).length).toBe(1);
  expect(await find('"harbour in the stayed"')).toEqual([]);
  expect(await find('ferries', `&conversation_id=${houses}`)).toEqual([]);
  expect((await person.json('GET', '/search?q=before:tomorrow')).status).toBe(400);
  expect((await person.json('GET', '/search?q=x&in=elsewhere')).status).toBe(400);
});

test('pages follow each other without gap or repeat', async () => {
  const id = await conversation(
    'Many',
    Array.from({ length: 7 }, (_, at): [string, string] => ['user', `The marmot number ${at} whistles.`]),
  );
  const seen: (string | null)[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const { body } = await person.json<SearchResults>('GET', `/search?q=marmot&in=messages&limit=3${query}`);
    seen.push(...body.results.map(({ message_id: message }) => message));
    cursor = body.next_cursor;
  }
  expect(new Set(seen).size).toBe(7);
  expect(seen.length).toBe(7);
  await person.json('DELETE', `/conversations/${id}`);
  expect(await find('marmot')).toEqual([]);
});

test('a changed title is found by its new words only', async () => {
  const id = await conversation('Walrus', []);
  expect((await find('walrus')).map(({ conversation_id: found }) => found)).toEqual([id]);
  await person.json('PATCH', `/conversations/${id}`, { title: 'Narwhal' });
  expect(await find('walrus')).toEqual([]);
  expect((await find('narwhal')).map(({ conversation_id: found }) => found)).toEqual([id]);
});

test('an answer is found when it is complete', async () => {
  const { body } = await person.json<{ message_id: string }>('POST', `/rag/conversation/${rivers}/query`, {
    query: 'When did the dam break?',
  });
  const hits = await find('evacuated from:assistant');
  expect(hits.map(({ message_id: message }) => message)).toContain(body.message_id);
});

test('bombs of query syntax are words like others', async () => {
  for (const query of [
    "' | ! & :* \\",
    '((((((((',
    'a'.repeat(1_000),
    '%_%',
    '*'.repeat(500),
    '"'.repeat(99),
  ]) {
    const started = performance.now();
    expect((await person.fetch(`/search?q=${encodeURIComponent(query)}`)).status, query).toBe(200);
    expect(performance.now() - started).toBeLessThan(5_000);
  }
});

test('a word is looked up in the index, though row-level security holds', async () => {
  const { pool, roles } = (await app()).app.db;
  // On a server its operator does this; the embedded database is so from the beginning.
  if (databaseKind === 'postgres') await letSearchUseIndex(pool, true);
  expect(await searchesByIndex(pool)).toBe(true);
  const reader = await newPerson((await app()).baseUrl);
  const { id } = await reader.client.conversations.create({ title: 'A long history' });
  await pool.query(
    `INSERT INTO messages (user_id, conversation_id, id, seq, role, content, status, metadata, created_at, terms)
     SELECT $1, $2, gen_random_uuid(), 1000 + n, 'user', 'word', 'complete', '{}', now(), array_to_tsvector(ARRAY['plan' || n, 'plain'])
     FROM generate_series(1, 3000) n`,
    [reader.id, id],
  );
  const document = await addText(reader, id, 'A long document.');
  await pool.query(
    `INSERT INTO chunk_terms (user_id, conversation_id, document_id, ordinal, terms)
     SELECT $1, $2, $3, n, array_to_tsvector(ARRAY['plan' || n, 'plain']) FROM generate_series(1000, 4000) n`,
    [reader.id, id, document.id],
  );
  await pool.query('ANALYZE messages');
  await pool.query('ANALYZE chunk_terms');
  const client = await pool.connect();
  try {
    await client.query(`BEGIN; SET LOCAL ROLE ${roles.app}; SET LOCAL app.user_id = '${reader.id}'`);
    for (const [table, column] of [
      ['messages', 'id'],
      ['chunk_terms', 'ordinal'],
    ] as const) {
      const { rows } = await client.query(
        `EXPLAIN SELECT ${column} FROM ${table} WHERE user_id = '${reader.id}' AND terms @@ 'plan2007'::tsquery`,
      );
      expect(JSON.stringify(rows)).toContain(`${table}_by_terms`);
    }
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
});
