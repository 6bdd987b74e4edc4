import { writeFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConversationScope } from '../src/conversations/scope.ts';
import { insertConversation } from '../src/conversations/store.ts';
import { prepareDocument } from '../src/documents/prepare.ts';
import { UserScope } from '../src/identity/user-scope.ts';
import { createCollection } from './synthetic/collection.ts';
import { makeFiling } from './synthetic/filing.ts';
import { indexDocument, writeDocument } from './alcove/write-document.ts';
import { median, timed } from './measure.ts';
import type { BenchOptions } from './options.ts';
import { round, type Table } from './report.ts';
import { createCaller, type HttpCaller, type Person, register } from './server/people.ts';
import { type EmbeddedApp, startEmbedded } from './server/embedded.ts';

/** A filing, a text and many small files from their upload until they are found, and how fast chunks are written. */
export async function* ingest(options: BenchOptions): AsyncGenerator<Table> {
  const running = await startEmbedded(options.databaseUrl, { INGEST_TIMEOUT_S: '300' });
  const caller = createCaller(running.baseUrl);
  try {
    const person = await register(caller);
    yield await measureFiling(running, caller, person, options);
    yield await measurePlainText(caller, person, options);
    yield await measureSmallFiles(caller, person, options);
    yield await measureWriting(running, person, options);
  } finally {
    caller.close();
    await running.close();
  }
}

export async function measureFiling(
  running: EmbeddedApp,
  caller: HttpCaller,
  person: Person,
  options: BenchOptions,
): Promise<Table> {
  const rounds = options.number('rounds', options.quick ? 1 : 3);
  const filing = makeFiling(options.number('pages', 500), options.seed);
  const path = join(tmpdir(), `alcove-bench-${process.pid}.pdf`);
  await writeFile(path, filing.bytes);
  const whole: number[] = [];
  const preparing: number[] = [];
  const reading: number[] = [];
  let chunks = 0;
  for (let at = 0; at < rounds; at += 1) {
    // Another file name, so that nothing of the round before can be reused.
    const bytes = makeFiling(filing.pages, options.seed + at).bytes;
    const sent = await timed(() =>
      upload(caller, person, [{ name: 'filing.pdf', mediaType: 'application/pdf', bytes }]),
    );
    whole.push(sent.ms);
    chunks = sent.value;
    preparing.push(
      (
        await timed(() =>
          prepareDocument(
            { bytesPath: path, mediaType: 'application/pdf', fileName: 'filing.pdf' },
            { timeoutMs: 300_000 },
          ),
        )
      ).ms,
    );
    reading.push((await timed(() => readWithPdfjs(filing.bytes))).ms);
  }
  await rm(path);
  const limit = median(reading);
  return {
    title: `a PDF of ${filing.pages} pages, ${(filing.bytes.length / 1e6).toFixed(1)} MB, ${chunks} chunks (${running.app.db.kind})`,
    rows: [
      { what: 'reading its text with pdf.js, nothing else', ms: round(limit), 'of that': 1 },
      {
        what: 'extract, chunk and index in the sandbox',
        ms: round(median(preparing)),
        'of that': round(median(preparing) / limit),
      },
      {
        what: 'upload until it can be searched',
        ms: round(median(whole)),
        'of that': round(median(whole) / limit),
      },
    ],
    notes: [`Median of ${rounds}, without embeddings. Target: 10 s until it can be searched.`],
  };
}

interface File {
  name: string;
  mediaType: string;
  bytes: Buffer;
}

/** Into a new conversation, in one request. @returns the chunks of all, once they can be searched */
async function upload(caller: HttpCaller, { token }: Person, files: readonly File[]): Promise<number> {
  const { id } = await caller.json<{ id: string }>('POST', '/conversations', token, {});
  const boundary = 'bench-boundary';
  const body = Buffer.concat([
    ...files.flatMap(({ name, mediaType, bytes }) => [
      Buffer.from(
        `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\ncontent-type: ${mediaType}\r\n\r\n`,
      ),
      bytes,
      Buffer.from('\r\n'),
    ]),
    Buffer.from(`--${boundary}--\r\n`),
  ]);
  const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` };
  const path = `/conversations/${id}/documents`;
  const response = await caller.open('POST', `${path}?wait=ready`, token, body, headers);
  for await (const _part of response);
  // The response does not wait for ever.
  for (;;) {
    const { documents } = await caller.json<{ documents: FileState[] }>('GET', path, token);
    const failed = documents.find(({ status }) => status === 'failed');
    if (failed !== undefined) throw new Error(`a file was not read: ${JSON.stringify(failed)}`);
    if (documents.length === files.length && documents.every(({ status }) => status === 'ready'))
      return documents.reduce((sum, { chunk_count }) => sum + chunk_count, 0);
    await sleep(100);
  }
}

interface FileState {
  status: string;
  chunk_count: number;
  error?: unknown;
}

/** The least that anybody has to do with the file. */
async function readWithPdfjs(bytes: Buffer): Promise<number> {
  const { getDocument } = await import('pdfjs-dist/legacy/build/pdf.mjs');
  const loading = getDocument({ data: new Uint8Array(bytes), verbosity: 0 });
  const document = await loading.promise;
  let characters = 0;
  for (let number = 1; number <= document.numPages; number += 1) {
    const { items } = await (await document.getPage(number)).getTextContent();
    for (const item of items) if ('str' in item) characters += item.str.length;
  }
  await loading.destroy();
  return characters;
}

/** From the bytes of a text to passages that can be searched, without embeddings. */
async function measurePlainText(caller: HttpCaller, person: Person, options: BenchOptions): Promise<Table> {
  const rounds = options.number('rounds', options.quick ? 1 : 5);
  const collection = createCollection(options.seed, 8);
  const path = join(tmpdir(), `alcove-bench-${process.pid}.txt`);
  const samples = { preparing: [] as number[], whole: [] as number[] };
  let chunks = 0;
  for (let at = 0; at < rounds; at += 1) {
    const bytes = Buffer.from(collection.document(2000).text);
    await writeFile(path, bytes);
    const source = { bytesPath: path, mediaType: 'text/plain', fileName: 'text.txt' };
    const prepared = await timed(() => prepareDocument(source, { timeoutMs: 300_000 }));
    const sent = await timed(() => upload(caller, person, [textFile('text.txt', bytes)]));
    samples.preparing.push(prepared.ms);
    samples.whole.push(sent.ms);
    chunks = sent.value;
  }
  await rm(path);
  const row = (what: string, ms: number) => ({
    what,
    ms: round(ms),
    chunks_per_s: round((chunks * 1000) / ms),
  });
  return {
    title: `a plain text of ${chunks} chunks`,
    rows: [
      row('extract, chunk and index in the sandbox', median(samples.preparing)),
      row('upload until it can be searched', median(samples.whole)),
    ],
    notes: [`Median of ${rounds}, without embeddings.`],
  };
}

async function measureSmallFiles(caller: HttpCaller, person: Person, options: BenchOptions): Promise<Table> {
  const rounds = options.number('rounds', options.quick ? 1 : 3);
  const count = options.quick ? 20 : 100;
  const collection = createCollection(options.seed + 1, 8);
  const samples = { one: [] as number[], many: [] as number[] };
  for (let at = 0; at < rounds; at += 1) {
    const texts = Array.from({ length: count }, () => collection.document(10).text);
    const whole = textFile('all.txt', Buffer.from(texts.join('\n\n')));
    const parts = texts.map((text, place) => textFile(`part ${place}.txt`, Buffer.from(text)));
    samples.one.push((await timed(() => upload(caller, person, [whole]))).ms);
    samples.many.push((await timed(() => upload(caller, person, parts))).ms);
  }
  const one = median(samples.one);
  return {
    title: `${count} files of 10 chunks in one request, until all can be searched`,
    rows: [
      { what: 'their bytes in one file', ms: round(one), 'of that': 1 },
      {
        what: 'a file for each',
        ms: round(median(samples.many)),
        'of that': round(median(samples.many) / one),
      },
    ],
    notes: [`Median of ${rounds}. Each file is read by a process of its own.`],
  };
}

function textFile(name: string, bytes: Buffer): File {
  return { name, mediaType: 'text/plain', bytes };
}

async function measureWriting(running: EmbeddedApp, person: Person, options: BenchOptions): Promise<Table> {
  const { db } = running.app;
  const rounds = options.number('rounds', options.quick ? 2 : 5);
  const size = 2000;
  const made = createCollection(options.seed, 384).document(size);
  const user = UserScope.grant(person.id);
  const row = await insertConversation(db, user, { title: 'Bench', conversationType: 'general' }, new Date());
  const scope = ConversationScope.ofOwnRow(user, { userId: person.id, conversationId: row.id });
  const indexed = { with: indexDocument(made, true), without: indexDocument(made, false) };
  await db.pool.query(
    'CREATE TABLE bench_chunks (id uuid PRIMARY KEY, ordinal integer NOT NULL, content text NOT NULL)',
  );
  const samples = { bare: [] as number[], without: [] as number[], with: [] as number[] };
  const contents = made.chunks.map((chunk) => chunk.text);
  for (let at = 0; at < rounds; at += 1) {
    const insert =
      'INSERT INTO bench_chunks SELECT gen_random_uuid(), ordinality, content FROM unnest($1::text[]) WITH ORDINALITY AS u (content, ordinality)';
    samples.bare.push((await timed(() => db.pool.query(insert, [contents]))).ms);
    for (const kind of ['without', 'with'] as const)
      samples[kind].push((await timed(() => writeDocument(db, scope, made, indexed[kind]))).ms);
  }
  const bare = median(samples.bare);
  const rows = (['bare', 'without', 'with'] as const).map((kind) => ({
    what: {
      bare: 'one bare INSERT of their text',
      without: 'chunks, text and keyword segment',
      with: 'the same with vectors of 384 dimensions',
    }[kind],
    ms: round(median(samples[kind])),
    chunks_per_s: round((size * 1000) / median(samples[kind])),
    'speed against bare': round(bare / median(samples[kind])),
  }));
  return {
    title: `writing ${size} chunks (${db.kind})`,
    rows,
    notes: [`Median of ${rounds} alternating rounds.`],
  };
}
