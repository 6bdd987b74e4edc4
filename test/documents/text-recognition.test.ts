import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { prepareDocument } from '../../src/documents/prepare.ts';
import { findJail } from '../../src/formats/ocr/jail.ts';
import { findRecogniser } from '../../src/formats/ocr/recogniser.ts';
import { readPages } from '../../src/formats/ocr/page-words.ts';
import { runJailed } from '../../src/formats/ocr/run-jailed.ts';
import { askJson, newConversation } from '../answers/support/asking.ts';
import { until } from '../answers/support/until.ts';
import { newPerson, sharedApp } from '../support/app.ts';
import { runCli } from '../support/run-cli.ts';
import { canRecognise, paper, pdfOf, scanOf, withOrientation } from './support/scans.ts';
import { send, uploadAndWait } from './support/uploading.ts';

// Strips of paper with a line of text, as pictures.

const line = 'The lighthouse keeper owns nineteen boats.';
const file = (name: string, bytes: Buffer) => ({ name, bytes: Uint8Array.from(bytes) });
const signal = AbortSignal.timeout(60_000);

describe.skipIf(!canRecognise())('where text recognition is installed', { timeout: 120_000 }, () => {
  const reading = sharedApp({ env: { OCR: 'on' } });

  test('a scanned page among others is read, and what is cited of it says so', async () => {
    const person = await newPerson((await reading()).baseUrl);
    const conversation = await newConversation(person);
    const scan = pdfOf(['The crew of the ferry is 14.', scanOf(line, 'pgm'), null]);
    const [document] = await uploadAndWait(person, conversation, file('scan.pdf', scan));
    expect(document).toMatchObject({ status: 'ready', pages: 3 });
    expect(document?.warnings.join(' ')).toMatch(
      /Page 2 is read by text recognition.*Pages? 3 (is|are) without text/,
    );
    const { chunks } = await person.client.documents.chunks(document?.id ?? '');
    expect(new Set(chunks.map(({ page, ocr }) => `${page} ${ocr}`))).toEqual(new Set(['1 false', '2 true']));
    const { body } = await askJson(person, conversation, 'How many boats does the lighthouse keeper own?');
    const { sources } = body;
    expect(sources.filter(({ page }) => page === 2)).not.toEqual([]);
    for (const { page, ocr } of sources) expect(ocr).toBe(page === 2 ? true : undefined);
  });

  test('a picture is a document of one page', async () => {
    const app = await reading();
    const person = await newPerson(app.baseUrl);
    const conversation = await newConversation(person);
    const [document] = await uploadAndWait(person, conversation, file('strip.png', scanOf(line, 'png')));
    expect(document).toMatchObject({ status: 'ready', media_type: 'image/png', pages: 1 });
    const { chunks } = await person.client.documents.chunks(document?.id ?? '');
    expect(chunks[0]).toMatchObject({ page: 1, ocr: true });
    expect(chunks[0]?.content).toBe(line);
    const told = (await (await fetch(`${app.baseUrl}/capabilities`)).json()) as { media_types: string[] };
    expect(told.media_types).toContain('image/png');
  });

  test('it is known where the words of a page stand, in copies too, until another file takes its place', async () => {
    const person = await newPerson((await reading()).baseUrl);
    const conversation = await newConversation(person);
    const { documents } = person.client;
    const scan = pdfOf(['Text of its own.', scanOf(line, 'pgm')]);
    const [document] = await uploadAndWait(person, conversation, file('scan.pdf', scan));
    const id = document?.id ?? '';
    const { version, recognised } = await documents.words(id, 2);
    expect(version).toBe(1);
    expect(recognised?.lines.map((words) => words.map(({ text }) => text).join(' '))).toEqual([line]);
    // 300 pixels to the inch; the line begins 20 points from the left, 36 above the lower edge.
    const [width, height] = [recognised?.width ?? 0, recognised?.height ?? 0];
    const size = [paper.width, paper.height].map((points) => Math.ceil((points * 300) / 72));
    expect([width, height]).toEqual(size);
    for (const [at, { left, top, height: tall }] of (recognised?.lines[0] ?? []).entries()) {
      if (at === 0) expect(Math.abs(left / width - 20 / paper.width)).toBeLessThan(0.01);
      const baseline = (paper.height - 36) / paper.height;
      expect(top / height).toBeLessThan(baseline);
      expect((top + tall) / height).toBeGreaterThan(baseline - 0.02);
    }
    expect((await documents.words(id, 1)).recognised).toBeNull();
    expect((await documents.words(id, 3)).recognised).toBeNull();
    const other = await newConversation(person);
    const [copy] = (await documents.copy([id], other)).documents;
    expect((await documents.words(copy?.id ?? '', 2)).recognised).toEqual(recognised);
    await documents.replace(id, { name: 'text.txt', blob: new Blob(['Now it is a text.']) });
    await until('the new version is there', async () => (await documents.get(id)).version === 2);
    expect(await documents.words(id, 2)).toMatchObject({ version: 2, recognised: null });
    expect((await documents.words(copy?.id ?? '', 2)).recognised).toEqual(recognised);
  });

  test('of a picture that says to be shown turned it is not known where its words stand', async () => {
    const person = await newPerson((await reading()).baseUrl);
    const conversation = await newConversation(person);
    const plain = scanOf(line, 'jpeg');
    const documents = await uploadAndWait(
      person,
      conversation,
      file('plain.jpg', plain),
      file('upright.jpg', withOrientation(plain, 1)),
      file('turned.jpg', withOrientation(plain, 3)),
    );
    const known: Record<string, boolean> = {};
    for (const { id, name } of documents)
      known[name] = (await person.client.documents.words(id, 1)).recognised !== null;
    expect(known).toEqual({ 'plain.jpg': true, 'upright.jpg': true, 'turned.jpg': false });
  });

  test('progress is told page by page, and nothing is recognised twice or on pages with text', async () => {
    const ocr = await findRecogniser({ mode: 'on', languages: 'eng', timeoutMs: 60_000 });
    const scan = scanOf(line, 'pgm');
    const stages: string[] = [];
    const prepared = await prepareDocument(
      {
        open: async () =>
          (async function* () {
            yield pdfOf([scan, 'Text.', scan]);
          })(),
        mediaType: 'application/pdf',
        fileName: 'a.pdf',
      },
      { ocr, onProgress: (done, total, stage) => stage === 'recognising' && stages.push(`${done}/${total}`) },
    );
    expect(stages).toEqual(['0/2', '1/2']);
    expect(prepared.chunks.map(({ page, ocr: isOcr }) => [page, isOcr ?? false])).toEqual([
      [1, true],
      [2, false],
      [3, true],
    ]);
  });

  test('a blank picture says that no text was recognised', async () => {
    const person = await newPerson((await reading()).baseUrl);
    const blank = Buffer.concat([Buffer.from('P5 400 400 255\n'), Buffer.alloc(160_000, 255)]);
    const [document] = await uploadAndWait(
      person,
      await newConversation(person),
      file('blank.pdf', pdfOf([blank])),
    );
    expect(document).toMatchObject({ status: 'failed', error: { code: 'document_empty' } });
    expect(document?.error?.error).toContain('no text was recognised');
  });

  test('its programs see no file of this machine, reach no network and write nothing', async ({ skip }) => {
    const jail = await findJail({ cpuSeconds: 10, dataBytes: 1_000_000_000 });
    skip(!jail.isWhole, 'name spaces are forbidden here');
    const limits = { timeoutMs: 10_000, memoryBytes: 500_000_000 };
    const run = async (script: string) => {
      const job = { program: 'sh', args: ['-c', script], input: Buffer.alloc(0), maxOutputBytes: 100_000 };
      return (await runJailed(jail, job, limits, signal)).toString();
    };
    const secret = join((await reading()).dataDir, 'secret.txt');
    await writeFile(secret, 'mine');
    expect(await run(`cat ${secret} /etc/passwd 2>/dev/null; ls /; true`)).toBe(
      'bin\netc\nlib\nlib64\nsbin\nusr\n',
    );
    expect(await run('echo a > /x 2>/dev/null; cat /x 2>/dev/null; true')).toBe('');
    expect(
      await run(
        'chroot / true 2>/dev/null && echo out; mount -t tmpfs none /usr 2>/dev/null && echo out; true',
      ),
    ).toBe('');
    expect(await readFile(secret, 'utf8')).toBe('mine');
  });

  test('alcove doctor names it', async () => {
    const { env } = await reading();
    const { stdout } = await runCli(['doctor'], env);
    expect(stdout).toMatch(/^ok {3}text recognition: scans and pictures are read by tesseract \(eng\)/m);
  });
});

describe('what tesseract writes', () => {
  const row = (level: number, page: number, text: string, ...box: number[]) =>
    [level, page, 1, 1, 1, 1, ...box, level === 5 ? 90 : -1, text].join('\t');
  const head =
    'level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext';
  const first = [row(1, 1, '', 0, 0, 100, 50), row(5, 1, 'One', 1, 2, 30, 10), row(5, 1, ' ', 0, 0, 9, 9)];
  const second = [row(1, 2, '', 0, 0, 90, 40), row(5, 2, 'Two', 3, 4, 30, 10), row(5, 2, 'x', 40, 4, 5, 10)];
  const placed = (text: string, left: number, top: number, width: number) => ({
    text,
    left,
    top,
    width,
    height: 10,
  });
  const read = [
    { text: 'One\n', words: { width: 100, height: 50, lines: [[placed('One', 1, 2, 30)]] } },
    {
      text: 'Two x\n',
      words: { width: 90, height: 40, lines: [[placed('Two', 3, 4, 30), placed('x', 40, 4, 5)]] },
    },
  ];

  test('release 5 parts pages, release 4 ends them', () => {
    const parted = [head, ...first, 'One', ...second, '\fTwo x', ''];
    expect(readPages(parted.join('\n'))).toEqual(read);
    const ended = [head, ...first, 'One', `\f${second[0]}`, ...second.slice(1), 'Two x', '\f'];
    expect(readPages(ended.join('\n'))).toEqual(read);
  });

  test('without the table there is the text', () => {
    expect(readPages('One\n\fTwo x\n\f')).toEqual(read.map(({ text }) => ({ text, words: null })));
  });
});

describe('where text recognition is off', () => {
  const plain = sharedApp({ env: { OCR: 'off' } });
  const pixel = Buffer.concat([Buffer.from('P5 2 2 255\n'), Buffer.alloc(4, 0)]);

  test('a picture is refused when it is uploaded, with the reason', async () => {
    const app = await plain();
    const person = await newPerson(app.baseUrl);
    const form = new FormData();
    form.append('file', new Blob([Buffer.from('89504e470d0a1a0a', 'hex')]), 'a.png');
    const refused = await send(person, await newConversation(person), form);
    expect(refused.status).toBe(415);
    expect(await refused.text()).toContain(
      'only text recognition could read. Text recognition is switched off',
    );
    const told = (await (await fetch(`${app.baseUrl}/capabilities`)).json()) as { media_types: string[] };
    expect(told.media_types.filter((type) => type.startsWith('image/'))).toEqual([]);
  });

  test('a scan says what to do, and a page without text is told', async () => {
    const person = await newPerson((await plain()).baseUrl);
    const conversation = await newConversation(person);
    const [scan, mixed] = await uploadAndWait(
      person,
      conversation,
      file('scan.pdf', pdfOf([pixel])),
      file('mixed.pdf', pdfOf([pixel, 'Some text.'])),
    );
    expect(scan?.error).toMatchObject({ code: 'document_needs_ocr' });
    expect(scan?.error?.error).toContain('Text recognition is switched off (OCR=off).');
    expect(mixed?.status).toBe('ready');
    expect(mixed?.warnings.join(' ')).toContain('Text recognition is switched off (OCR=off).');
  });
});
