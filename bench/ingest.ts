import { writeFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

/** A filing from its upload until it is found, and how fast chunks are written. */
export async function* ingest(options: BenchOptions): AsyncGenerator<Table> {
  const running = await startEmbedded(options.databaseUrl, { INGEST_TIMEOUT_S: '300' });
  const caller = createCaller(running.baseUrl);
  try {
    const person = await register(caller);
    yield await measureFiling(running, caller, person, options);
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
    const sent = await timed(() => upload(caller, person, bytes));
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

async function upload(caller: HttpCaller, { token }: Person, bytes: Buffer): Promise<number> {
  const { id } = await caller.json<{ id: string }>('POST', '/conversations', token, {});
  const boundary = 'bench-boundary';
  const body = Buffer.concat([
    Buffer.from(
      `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="filing.pdf"\r\ncontent-type: application/pdf\r\n\r\n`,
    ),
    bytes,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
  const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` };
  const response = await caller.open(
    'POST',
    `/conversations/${id}/documents?wait=ready`,
    token,
    body,
    headers,
  );
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  const { document } = JSON.parse(Buffer.concat(parts).toString()) as {
    document: { status: string; chunk_count: number; error?: unknown };
  };
  if (document.status !== 'ready') throw new Error(`the filing was not read: ${JSON.stringify(document)}`);
  return document.chunk_count;
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
