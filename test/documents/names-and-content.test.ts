import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Uploaded } from '@alcove/contract';
import { newConversation } from '../answers/support/asking.ts';
import { newPerson, type Person, sharedApp } from '../support/app.ts';
import { textFile } from './support/files.ts';
import { formOf, send, upload } from './support/uploading.ts';

// Names are settled before anything is read, so nothing is.
const app = sharedApp({ env: { ROLE: 'web' } });
let person: Person;
let conversation: string;
beforeAll(async () => {
  person = await newPerson((await app()).baseUrl);
  conversation = await newConversation(person);
});

/** Nothing that cannot be seen, turns the reading direction or names a folder. */
function expectSafe(name: string): void {
  expect(name).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}/\\]/u);
  expect(name.trim()).toBe(name);
  expect(name.length).toBeGreaterThan(0);
  expect(name.length).toBeLessThanOrEqual(255);
  expect(name).not.toMatch(/^\.+$/);
  expect(name.isWellFormed()).toBe(true);
}

/** RFC 6266 with RFC 8187: a quoted ASCII name and the real one. Returns the real one. */
function nameInHeader(header: string | null): string {
  const form =
    /^attachment; filename="[\x20\x21\x23-\x5b\x5d-\x7e]*"; filename\*=UTF-8''([A-Za-z0-9!#$&+.^_`|~%-]*)$/;
  return decodeURIComponent(form.exec(header ?? '')?.[1] ?? 'no well-formed header');
}

async function expectDownload(id: string, name: string, content: string): Promise<void> {
  const response = await person.fetch(`/documents/${id}/content`);
  expect(response.status).toBe(200);
  expect(nameInHeader(response.headers.get('content-disposition'))).toBe(name);
  expect(response.headers.get('content-security-policy')).toBe("sandbox; default-src 'none'");
  expect(response.headers.get('content-type')).toBe('application/octet-stream');
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  expect(response.headers.get('cache-control')).toMatch(/private, no-store/);
  expect(await response.text()).toBe(content);
}

describe('a file name', () => {
  test.each([
    ['../../../../tmp/pwned.txt', 'pwned.txt'],
    ['..\\..\\pwned.txt', 'pwned.txt'],
    ['/etc/cron.d/x.txt', 'x.txt'],
    ['C:\\Windows\\x.txt', 'x.txt'],
    ['cod\u202Efdp.exe.txt', 'codfdp.exe.txt'],
    ['zero\u200Bwidth.txt', 'zerowidth.txt'],
    ['..', 'document'],
    [' ', 'document'],
    ['Bericht für März 2025.txt', 'Bericht für März 2025.txt'],
    ['長い名前.txt', '長い名前.txt'],
    ['<img src=x onerror=alert(1)>.txt', '<img src=x onerror=alert(1)>.txt'],
  ])('%j is shown as %j', async (given, shown) => {
    const [document] = await upload(person, conversation, textFile(given, 'hello'));
    expect(document?.name).toBe(shown);
    await expectDownload(document?.id ?? '', shown, 'hello');
  });

  test('of 300 characters is cut and keeps its extension', async () => {
    const [document] = await upload(person, conversation, textFile(`${'長い名前'.repeat(80)}.txt`, 'hello'));
    expectSafe(document?.name ?? '');
    expect(document?.name).toMatch(/^長い名前.*\.txt$/);
    await expectDownload(document?.id ?? '', document?.name ?? '', 'hello');
  });

  test('given later is made safe as well', async () => {
    const [document] = await upload(person, conversation, textFile('x.txt', 'hello'));
    const renamed = await person.client.documents.update(document?.id ?? '', { name: '../a\u202Eb\n"c.txt' });
    expectSafe(renamed.name);
    await expectDownload(renamed.id, renamed.name, 'hello');
  });
});

const generator = new URL('../../../shared/eval/gen_adversarial.mjs', import.meta.url);

describe.skipIf(!existsSync(generator))(
  'the hostile names of ../shared/eval (skipped where that folder is absent)',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'alcove-names-'));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));
    const names: string[] = [];
    beforeAll(async () => {
      await promisify(execFile)(process.execPath, [generator.pathname, folder, '--mb', '1']);
      names.push(...(JSON.parse(readFileSync(join(folder, 'upload_names.json'), 'utf8')) as string[]));
    });

    test('are refused, or shown safely and downloaded under a well-formed name', async () => {
      expect(names.length).toBeGreaterThan(20);
      let kept = 0;
      for (const name of names) {
        const response = await send(person, conversation, formOf(textFile(name, 'hello')));
        expect([202, 400, 415], name).toContain(response.status);
        if (response.status !== 202) {
          await response.body?.cancel();
          continue;
        }
        kept += 1;
        const { document } = (await response.json()) as Uploaded;
        expectSafe(document.name);
        await expectDownload(document.id, document.name, 'hello');
      }
      expect(kept).toBeGreaterThan(15);
    });
  },
);

describe('an original', () => {
  test('with a script in it is only ever handed out as a download', async () => {
    const page = '<!doctype html><title>t</title><script>alert(1)</script><p>seen';
    const [document] = await upload(person, conversation, textFile('page.html', page));
    await expectDownload(document?.id ?? '', 'page.html', page);
  });

  test('of somebody else does not exist', async () => {
    const [document] = await upload(person, conversation, textFile('private.txt', 'hello'));
    const stranger = await newPerson((await app()).baseUrl);
    for (const path of ['', '/content', '/text', '/chunks', '/events']) {
      const response = await stranger.fetch(`/documents/${document?.id}${path}`);
      expect(response.status).toBe(404);
      expect(await response.text()).not.toContain('private');
    }
  });
});
