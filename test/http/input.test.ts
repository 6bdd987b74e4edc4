import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Message } from '@alcove/contract';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { malformedMultiparts } from './malformed-multiparts.ts';
import { expectProblem, expectProblemText } from './problem.ts';
import { rawRequest } from './raw-request.ts';

// What comes in: refused with the name of the field, or kept byte for byte.

let app: TestApp;
let person: Person;
let conversation: string;

beforeAll(async () => {
  app = await startTestApp();
  person = await newPerson(app.baseUrl);
  conversation = await newConversation();
});

afterAll(() => app?.close());

async function newConversation(): Promise<string> {
  return (await person.json<{ id: string }>('POST', '/conversations', {})).body.id;
}

function post(
  path: string,
  body: string | Uint8Array<ArrayBuffer>,
  contentType = 'application/json',
): Promise<Response> {
  return person.fetch(path, { method: 'POST', headers: { 'content-type': contentType }, body });
}

/** A message with this text as its metadata, exactly. */
const withMetadata = (metadata: string) => `{"role":"user","content":"x","message_metadata":${metadata}}`;
const nested = (depth: number) => `${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`;

describe('JSON', () => {
  test.each([
    ['no JSON', '{"title":'],
    ['no JSON at all', 'title=x'],
    ['two values', '{} {}'],
    ['a trailing comma', '{"title":"x",}'],
    ['an array for an object', '[]'],
    ['a text for an object', '"title"'],
    ['100,000 levels of arrays', '['.repeat(100_000)],
    ['100,000 levels, closed', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    [
      '100,000 levels of objects in a field',
      `{"settings":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}`,
    ],
    ['100,000 members', `{"tags":[${'1,'.repeat(100_000)}1]}`],
  ])('%s is refused within a second', async (_name, body) => {
    const started = performance.now();
    await expectProblem(await post('/conversations', body), 'invalid_request');
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  test('bytes that are not UTF-8 are refused, never replaced', async () => {
    const bytes = Buffer.concat([
      Buffer.from('{"title":"'),
      Buffer.from([0xff, 0xfe, 0xc3]),
      Buffer.from('"}'),
    ]);
    await expectProblem(await post('/conversations', bytes), 'invalid_request');
    const encodedSurrogate = Buffer.concat([
      Buffer.from('{"title":"'),
      Buffer.from([0xed, 0xa0, 0x80]),
      Buffer.from('"}'),
    ]);
    await expectProblem(await post('/conversations', encodedSurrogate), 'invalid_request');
  });

  test.each([
    ['content', String.raw`{"role":"user","content":"a\u0000b"}`],
    ['content', String.raw`{"role":"user","content":"a\ud800b"}`],
    ['content', String.raw`{"role":"user","content":"\udc00\ud83d"}`],
    ['message_metadata.deep.list[1].note', withMetadata(String.raw`{"deep":{"list":[1,{"note":"\u0000"}]}}`)],
    ['message_metadata.note', withMetadata(String.raw`{"note":"\ude00"}`)],
    ['message_metadata.key', withMetadata(String.raw`{"key\u0000":1}`)],
  ])('a NUL or a lone surrogate is refused by the name of its field: %s', async (field, body) => {
    const { issues, error } = await expectProblem(
      await post(`/conversations/${conversation}/messages`, body),
      'invalid_request',
    );
    expect(issues?.map(({ path }) => path)).toEqual([field]);
    expect(error).toContain(field);
  });

  test('in a query and in a path they are refused too', async () => {
    for (const title of ['a%00b', '%ED%A0%80', '%FF', '%']) {
      const response = await rawRequest(app.baseUrl, {
        method: 'PUT',
        path: `/conversations/${conversation}/title?title=${title}`,
        headers: { authorization: `Bearer ${person.token}` },
      });
      expectProblemText(
        response.body,
        response.status,
        (name) => response.headers[name]?.toString(),
        'invalid_request',
      );
    }
    for (const id of ['%00', '%FF', '%', 'a%2Fb', '..%2f..%2f', '%ED%A0%80', 'x'.repeat(600)]) {
      const response = await rawRequest(app.baseUrl, {
        path: `/conversations/${id}`,
        headers: { authorization: `Bearer ${person.token}` },
      });
      expect([400, 404, 414], `${id}: ${response.body}`).toContain(response.status);
      expect(JSON.parse(response.body)).toHaveProperty('code');
    }
  });

  test('metadata of 32 levels comes back, of 33 it is refused', async () => {
    const kept = await post(`/conversations/${conversation}/messages`, withMetadata(nested(32)));
    expect(kept.status).toBe(201);
    expect(await kept.text()).toContain(`"metadata":${nested(32)}`);
    for (const depth of [33, 34, 35, 500]) {
      const refused = await post(`/conversations/${conversation}/messages`, withMetadata(nested(depth)));
      await expectProblem(refused, 'invalid_request');
    }
  });

  test('metadata of 256 KiB comes back, of a byte more it is refused', async () => {
    const ofBytes = (bytes: number) => `{"a":"${'é'.repeat((bytes - 8) / 2)}"}`;
    const kept = await post(`/conversations/${conversation}/messages`, withMetadata(ofBytes(262_144)));
    expect(kept.status).toBe(201);
    expect(await kept.text()).toContain(ofBytes(262_144));
    const refused = await post(`/conversations/${conversation}/messages`, withMetadata(ofBytes(262_146)));
    expect((await expectProblem(refused, 'invalid_request')).issues?.[0]?.path).toBe('message_metadata');
  });

  test.each([
    ['the order of its keys', '{"z":1,"a":2,"m":{"y":1,"b":2}}'],
    ['keys that look like numbers', '{"10":"ten","2":"two","b":1,"1":"one"}'],
    [
      'numbers beyond 2^53',
      '{"id":12345678901234567890,"neg":-9007199254740993,"list":[18446744073709551615]}',
    ],
    ['the form of its numbers', '{"a":1.0,"b":1e3,"c":1E+2,"d":0.10,"e":-0,"f":1e400,"g":5e-324}'],
    ['composed and decomposed letters', `{"nfc":"\u00e9","nfd":"e\u0301","\u00e9":1,"e\u0301":2}`],
    ['emoji, joiners and directions', `{"family":"👨‍👩‍👧‍👦","flag":"🏴󠁧󠁢󠁥󠁮󠁧󠁿","rtl":"שלום ‮abc‬ عليكم","zwnj":"می‌خواهم"}`],
    [
      'escapes',
      String.raw`{"quote":"\"","slash":"\/","unit":"\u001f","letter":"\u00e9","pair":"\ud83d\ude00"}`,
    ],
    ['spaces between', '{ "a" : [ 1 , 2 ] ,\n\t"b" : null }'],
    ['empty things', '{"a":{},"b":[],"c":"","d":null,"e":[[],{}],"":0}'],
    ['a list', '[1,"two",null]'],
    ['a text', '"only a text"'],
    ['null', 'null'],
  ])('metadata comes back byte for byte: %s', async (_name, metadata) => {
    const id = await newConversation();
    const added = await post(`/conversations/${id}/messages`, withMetadata(metadata));
    const text = await added.text();
    expect(added.status, text).toBe(201);
    expect(text).toContain(`"metadata":${metadata},"created_at"`);
    const history = await (await person.fetch(`/conversations/${id}`)).text();
    expect(history).toContain(`"metadata":${metadata},"created_at"`);
  });

  test.each([
    ['emoji with joiners', '👨‍👩‍👧‍👦 🏳️‍🌈 👍🏽'],
    ['right to left', 'مرحبا ‮gnirts‬ שלום'],
    ['composed', 'Caf\u00e9'],
    ['decomposed', 'Cafe\u0301'],
    ['odd spaces and line ends', '  a\u00a0b\u2028c\r\nd\te  \ufeff'],
    ['control characters', '\u0001\u001b[31m\u007f'],
    ['beyond the first plane', '𐍈𠜎\u{10ffff}\u{e000}'],
    ['markup', '<script>alert(1)</script> \n\nevent: done\ndata: {}\n\n'],
  ])('content comes back byte for byte: %s', async (_name, content) => {
    const id = await newConversation();
    const { status, body } = await person.json<Message>('POST', `/conversations/${id}/messages`, {
      role: 'user',
      content,
    });
    expect(status).toBe(201);
    expect(body.content).toBe(content);
    const history = await person.json<{ messages: Message[] }>('GET', `/conversations/${id}`);
    expect(history.body.messages[0]?.content).toBe(content);
  });

  test('keys that would touch prototypes are inert, wherever they stand', async () => {
    const hostile =
      '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"lc":1,"toString":"x","hasOwnProperty":1}';
    const added = await post(`/conversations/${conversation}/messages`, withMetadata(hostile));
    expect(added.status).toBe(201);
    expect(await added.text()).toContain(`"metadata":${hostile}`);
    const inBody = `{"__proto__":{"role":"system","content":"from the prototype"},"constructor":{"prototype":{"title":"x"}},"role":"user","content":"own"}`;
    const own = await post(`/conversations/${conversation}/messages`, inBody);
    const { issues } = await expectProblem(own, 'invalid_request');
    expect(issues?.map(({ path }) => path)).toEqual(['__proto__', 'constructor']);
    const missing = await post(
      `/conversations/${conversation}/messages`,
      '{"__proto__":{"role":"user","content":"inherited"}}',
    );
    await expectProblem(missing, 'invalid_request');
    const settings = `{"settings":${hostile}}`;
    const changed = await person.fetch(`/conversations/${conversation}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: settings,
    });
    // Settings are known by name: these are not among them.
    expect(changed.status).toBe(400);
    const query = await person.fetch('/conversations?__proto__[polluted]=1&constructor=1');
    expect(query.status).toBe(400);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
});

describe('paging', () => {
  const lists = () => ['/conversations', `/conversations/${conversation}/documents`, '/auth/keys'];
  const place = (text: string) => Buffer.from(text).toString('base64url');
  const id = '019a8f5e-7c11-7c3e-9f55-3a1d2e4b5c6d';

  test.each([
    '1000000000',
    '201',
    '0',
    '-1',
    'NaN',
    '1.5',
    '1e9',
    'ten',
    '',
    ' ',
    '[]',
    '5;DROP TABLE messages',
  ])('limit=%j is refused', async (limit) => {
    for (const path of [...lists(), `/conversations/${conversation}`]) {
      await expectProblem(
        await person.fetch(`${path}?limit=${encodeURIComponent(limit)}`),
        'invalid_request',
      );
    }
  });

  test.each([
    'NaN',
    '',
    'null',
    'x'.repeat(501),
    place('not a place'),
    place(`2026-01-01T00:00:00.000Z ' OR 1=1 --`),
    place(`yesterday-or-so-I-think ${id}`),
    place(`2026-13-45T99:99:99.000Z ${id}`),
    place(`2026-01-01T00:00:00.000Z ${'-'.repeat(36)}`),
    place(`2026-01-01T00:00:00.000Z ${'f'.repeat(36)}`),
    place(`+275760-09-13T00:00:00.000Z ${id}`),
    place(`-271821-04-20T00:00:00.000Z ${id}`),
    place(`0000-01-01T00:00:00.000Z ${id}`),
    place('#12'),
    place('#-1'),
  ])('cursor %j is refused', async (cursor) => {
    for (const path of lists()) {
      const { issues } = await expectProblem(
        await person.fetch(`${path}?cursor=${encodeURIComponent(cursor)}`),
        'invalid_request',
      );
      expect(issues?.[0]?.path).toBe('cursor');
    }
  });

  test.each(['x', '#', '#-1', '#1e3', '#9999999999999', `2026-01-01T00:00:00.000Z ${id}`])(
    'chunk cursor %j is refused',
    async (text) => {
      const { body } = await person.json<{ document: { id: string } }>(
        'POST',
        `/conversations/${conversation}/documents?wait=ready`,
        { name: 'a.txt', text: 'A text.' },
      );
      await expectProblem(
        await person.fetch(`/documents/${body.document.id}/chunks?cursor=${place(text)}`),
        'invalid_request',
      );
    },
  );

  test('pages neither skip nor repeat, also while conversations are added', async () => {
    const reader = await newPerson(app.baseUrl);
    const made: string[] = [];
    const add = async () =>
      made.push((await reader.json<{ id: string }>('POST', '/conversations', {})).body.id);
    for (let at = 0; at < 7; at += 1) await add();
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const next: string = cursor === null ? '' : `&cursor=${cursor}`;
      const { body } = await reader.json<{ conversations: { id: string }[]; next_cursor: string | null }>(
        'GET',
        `/conversations?limit=3${next}`,
      );
      seen.push(...body.conversations.map((row) => row.id));
      cursor = body.next_cursor;
      await add();
    } while (cursor !== null);
    expect(seen).toEqual(made.slice(0, 7).toReversed());
  });

  test('ids mean the same in capitals', async () => {
    for (const path of [
      `/conversations/${conversation.toUpperCase()}`,
      `/conversations/${conversation.toUpperCase()}/documents`,
    ]) {
      const response = await person.fetch(path);
      expect(response.status, await response.text()).toBe(200);
    }
    const other = await newPerson(app.baseUrl);
    await expectProblem(await other.fetch(`/conversations/${conversation.toUpperCase()}`), 'forbidden');
  });
});

describe('multipart', () => {
  test('every malformed upload is refused, keeps nothing and harms nobody', async () => {
    const before = await originals();
    for (const { name, body, contentType = 'multipart/form-data; boundary=X' } of malformedMultiparts(
      conversation,
    )) {
      const headers = { authorization: `Bearer ${person.token}`, 'content-type': contentType };
      const answer = await rawRequest(app.baseUrl, { method: 'POST', path: '/api/upload', headers, body });
      expect.soft(answer.status, `${name}: ${answer.body}`).toBe(400);
      expect(JSON.parse(answer.body), name).toMatchObject({ status: 400, error: expect.any(String) });
      expect(await originals(), name).toEqual(before);
    }
    const form = new FormData();
    form.append('conversationId', conversation);
    form.append('file', new File(['good'], 'good.txt'));
    expect((await person.fetch('/api/upload', { method: 'POST', body: form })).status).toBe(202);
  });

  test('an upload that breaks off half way leaves nothing behind', async () => {
    const id = await newConversation();
    const before = await originals();
    const { port } = new URL(app.baseUrl);
    for (let at = 0; at < 10; at += 1) {
      const socket = connect(Number(port), '127.0.0.1');
      await once(socket, 'connect');
      const head = `POST /api/upload HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${person.token}\r\nContent-Type: multipart/form-data; boundary=X\r\nContent-Length: 1000000\r\n\r\n`;
      const body = `--X\r\nContent-Disposition: form-data; name="conversationId"\r\n\r\n${id}\r\n--X\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n${'x'.repeat(200_000)}`;
      socket.write(head + body);
      await vi.waitFor(async () => expect((await originals()).length).toBeGreaterThan(before.length), {
        timeout: 30_000,
        interval: 5,
      });
      socket.destroy();
      await vi.waitFor(async () => expect(await originals()).toEqual(before), {
        timeout: 30_000,
        interval: 10,
      });
    }
    expect(
      (await person.json<{ documents: unknown[] }>('GET', `/conversations/${id}/documents`)).body.documents,
    ).toEqual([]);
  });

  test.each([
    ['../../etc/passwd.txt', /^[^/\\]+$/],
    [String.raw`C:\Users\me\secret.txt`, /^[^/\\]+$/],
    [`${'long'.repeat(1_000)}.txt`, /^.{1,255}$/],
    ['‮txt.exe.txt', /txt$/],
    ['a\r\nX-Evil: 1.txt', /^[^\r\n]+$/],
    ['quote".txt', /quote/],
    ['naïve 文書 🧾.txt', /文書/],
    ['.txt', /\w/],
  ])('the name %j is made safe to show and to download', async (name, safe) => {
    const form = new FormData();
    form.append('conversationId', await newConversation());
    form.append('file', new File(['text'], name));
    const response = await person.fetch('/api/upload', { method: 'POST', body: form });
    expect(response.status, await response.clone().text()).toBe(202);
    const { document } = (await response.json()) as { document: { id: string; name: string } };
    expect(document.name).toMatch(safe);
    const content = await person.fetch(`/documents/${document.id}/content`);
    expect(content.status).toBe(200);
    expect(content.headers.get('content-disposition')).toMatch(
      /^attachment; filename="[\x20-\x21\x23-\x7e]*"; filename\*=UTF-8''[\w!#$&+.^`|~%-]*$/,
    );
    expect(content.headers.get('x-evil')).toBeNull();
    expect(await content.text()).toBe('text');
  });
});

/** Originals, kept or still coming. */
async function originals(): Promise<string[]> {
  const folders = ['blobs', 'incoming'].map((name) => join(app.dataDir, name));
  const listed = await Promise.all(
    folders.map((folder) => readdir(folder, { recursive: true, withFileTypes: true })),
  );
  return listed
    .flat()
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
    .toSorted();
}
