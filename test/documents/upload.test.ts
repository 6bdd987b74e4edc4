import { beforeAll, describe, expect, test } from 'vitest';
import type { Document, Problem, Uploaded } from '@alcove/contract';
import { newConversation } from '../answers/support/asking.ts';
import { until } from '../answers/support/until.ts';
import { newPerson, type Person, sharedApp, type TestApp } from '../support/app.ts';
import { openUpload } from './support/raw-upload.ts';
import { pdfFile, reportFile, sha256, textFile } from './support/files.ts';
import { countersOf, filesOf, formOf, send, upload, uploadAndWait } from './support/uploading.ts';

const limitBytes = 1024 * 1024;
const app = sharedApp({ env: { MAX_UPLOAD_MB: '1', OCR: 'off' } });
let server: TestApp;
let person: Person;
let conversation: string;
beforeAll(async () => {
  server = await app();
  person = await newPerson(server.baseUrl);
  conversation = await newConversation(person);
});

async function problemOf(response: Response): Promise<Problem & { status: number }> {
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  return (await response.json()) as Problem;
}

describe('an upload', () => {
  test('by the route of the founding document names its conversation in a field', async () => {
    const form = new FormData();
    form.append('conversationId', conversation);
    form.append('file', new Blob(['hello']), 'hello.txt');
    const response = await person.fetch('/api/upload', { method: 'POST', body: form });
    expect(response.status).toBe(202);
    const body = (await response.json()) as Uploaded;
    expect(body.documents).toEqual([body.document]);
    expect(body.document).toMatchObject({
      conversation_id: conversation,
      name: 'hello.txt',
      size_bytes: 5,
      media_type: 'text/plain',
    });
  });

  test.each(['conversationId', 'none'])('without a conversation keeps nothing (%s)', async (field) => {
    const somebody = await newPerson(server.baseUrl);
    const form = new FormData();
    if (field === 'conversationId') form.append(field, '');
    form.append('file', new Blob(['hello']), 'hello.txt');
    const response = await somebody.fetch('/api/upload', { method: 'POST', body: form });
    expect(await problemOf(response)).toMatchObject({
      status: 400,
      code: 'no_conversation_id',
      error: 'No conversation ID provided',
    });
    expect(await filesOf(server, somebody)).toEqual([]);
  });

  test('holds several files, each a document of its own', async () => {
    const files = [
      textFile('one.txt', 'first text'),
      textFile('two.md', '# second text'),
      pdfFile('three.pdf', ['third text']),
    ];
    const documents = await upload(person, conversation, ...files);
    expect(documents.map(({ name, media_type: type }) => [name, type])).toEqual([
      ['one.txt', 'text/plain'],
      ['two.md', 'text/markdown'],
      ['three.pdf', 'application/pdf'],
    ]);
    expect(new Set(documents.map(({ id }) => id)).size).toBe(3);
  });

  test('of a text as JSON is a document like any other', async () => {
    const path = `/conversations/${conversation}/documents?wait=ready`;
    const { status, body } = await person.json<Uploaded>('POST', path, {
      name: 'note.md',
      text: '# Title\n\nThe text ✓',
    });
    expect(status).toBe(202);
    expect(body.document).toMatchObject({ status: 'ready', name: 'note.md', media_type: 'text/markdown' });
    expect((await person.client.documents.text(body.document.id)).text).toContain('The text ✓');
  });

  test('has the hash and size of its bytes', async () => {
    const file = await reportFile();
    const [document] = await uploadAndWait(person, conversation, file);
    expect(document).toMatchObject({
      status: 'ready',
      sha256: sha256(file.bytes),
      size_bytes: file.bytes.length,
      pages: 10,
      progress: 1,
      error: null,
    });
    const kept = await person.client.documents.content(document?.id ?? '');
    expect(sha256(new Uint8Array(await kept.arrayBuffer()))).toBe(sha256(file.bytes));
  });

  test('that waits is answered when every file is ready or failed', async () => {
    const documents = await uploadAndWait(
      person,
      conversation,
      textFile('good.txt', 'text'),
      textFile('empty.txt', ''),
    );
    expect(documents.map(({ status }) => status)).toEqual(['ready', 'failed']);
  });

  test('of the same file again is a second document', async () => {
    const file = textFile('twice.txt', 'the same text twice');
    const [first] = await uploadAndWait(person, conversation, file);
    const [second] = await uploadAndWait(person, conversation, file);
    expect(second?.id).not.toBe(first?.id);
    expect(second).toMatchObject({ status: 'ready', sha256: first?.sha256, chunk_count: first?.chunk_count });
  });
});

describe('an upload is refused', () => {
  let somebody: Person;
  let theirs: string;
  beforeAll(async () => {
    somebody = await newPerson(server.baseUrl);
    theirs = await newConversation(somebody);
  });

  /** Nothing of a refused upload is left: no document, no file, no counted byte. */
  async function expectNothingKept(): Promise<void> {
    expect((await somebody.client.documents.list(theirs)).documents).toEqual([]);
    await until('no file is left', async () => (await filesOf(server, somebody)).length === 0);
    expect(await countersOf(somebody)).toEqual({ documents: 0, chunks: 0, bytes: 0 });
  }

  test.each([
    [
      'a program named as text',
      'program.md',
      Buffer.concat([Buffer.from('MZ\x90\x00\x03', 'latin1'), Buffer.alloc(2000, 7)]),
    ],
    ['a picture named as a table', 'picture.csv', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')],
    ['text named as a PDF', 'text.pdf', Buffer.from('only text')],
    ['an archive', 'files.zip', Buffer.from('504b0304140000000000', 'hex')],
    ['random bytes', 'noise', Buffer.from(Array.from({ length: 4000 }, (_, at) => (at * 2654435761) % 251))],
  ])('when it is %s', async (_what, name, bytes) => {
    const response = await send(somebody, theirs, formOf({ name, bytes: Uint8Array.from(bytes) }));
    expect(await problemOf(response)).toMatchObject({ status: 415, code: 'unsupported_media_type' });
    await expectNothingKept();
  });

  test('when one of several files is not supported: none is kept', async () => {
    const response = await send(
      somebody,
      theirs,
      formOf(textFile('good.txt', 'good'), { name: 'x.bin', bytes: Uint8Array.from([0, 1, 2, 3]) }),
    );
    expect(response.status).toBe(415);
    await expectNothingKept();
  });

  test('when it holds no file', async () => {
    const form = new FormData();
    form.append('note', 'no file here');
    expect(await problemOf(await send(somebody, theirs, form))).toMatchObject({
      status: 400,
      code: 'invalid_request',
    });
  });

  test('when it is not multipart', async () => {
    const response = await somebody.fetch('/api/upload', {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: 'x',
    });
    expect(response.status).toBe(415);
    await response.body?.cancel();
  });

  test('when a file is one byte over the limit, but not when it is at the limit', async () => {
    const over = await send(somebody, theirs, formOf(textFile('over.txt', 'x'.padEnd(limitBytes + 1))));
    expect(await problemOf(over)).toMatchObject({ status: 413, code: 'too_large' });
    await expectNothingKept();
    const [document] = await upload(somebody, theirs, textFile('at.txt', 'x'.padEnd(limitBytes)));
    expect(document?.size_bytes).toBe(limitBytes);
    await somebody.client.documents.delete(document?.id ?? '');
    await expectNothingKept();
  });

  test('before all of a file that is far too large has been sent', async () => {
    const sending = await openUpload(server.baseUrl, somebody, theirs, 'huge.txt', 200 * limitBytes);
    await sending.write(Buffer.alloc(2 * limitBytes, 'x'));
    const { status, body } = await sending.response;
    expect({ status, code: (JSON.parse(body) as Problem).code }).toEqual({ status: 413, code: 'too_large' });
    sending.abort();
    await expectNothingKept();
  });

  test('when it is cut off, a hundred times', async () => {
    for (let time = 0; time < 100; time += 1) {
      const sending = await openUpload(server.baseUrl, somebody, theirs, 'cut.txt', limitBytes);
      await sending.write(Buffer.alloc(Math.floor((limitBytes / 100) * time), 'x'));
      sending.abort();
    }
    await expectNothingKept();
    expect((await fetch(`${server.baseUrl}/healthz`)).status).toBe(200);
  });

  test('when it names the conversation of somebody else', async () => {
    const response = await send(somebody, conversation, formOf(textFile('x.txt', 'x')));
    expect(await problemOf(response)).toMatchObject({ status: 403, code: 'forbidden' });
    await expectNothingKept();
  });
});

test('documents are listed newest first, page by page', async () => {
  const id = await newConversation(person);
  const names = ['a.txt', 'b.txt', 'c.txt', 'd.txt', 'e.txt'];
  for (const name of names) await upload(person, id, textFile(name, name));
  const seen: Document[] = [];
  let cursor: string | null = null;
  do {
    const page: { documents: Document[]; next_cursor: string | null } = await person.client.documents.list(
      id,
      { limit: 2, ...(cursor === null ? {} : { cursor }) },
    );
    seen.push(...page.documents);
    cursor = page.next_cursor;
  } while (cursor !== null);
  expect(seen.map(({ name }) => name)).toEqual(names.toReversed());
});
