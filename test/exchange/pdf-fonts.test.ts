import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openFontFinder } from '../../src/exchange/formats/find-fonts.ts';
import { toPdf } from '../../src/exchange/formats/pdf.ts';
import type { Turn } from '../../src/exchange/transcript.ts';
import { openPdf } from '../../src/formats/pdf-document.ts';
import { makeFont } from './support/make-font.ts';

// Whatever letters a conversation has, its PDF leaves none out.

const thai = 'นกกระยาง';
const chinese = '苍鹭站立';
const note = 'Letters for which this server has no font';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fonts-'));
  const inside = join(folder, 'truetype', 'noto');
  await mkdir(inside, { recursive: true });
  const letters = [...new Set(thai)].map((letter) => letter.codePointAt(0) ?? 0);
  await writeFile(join(inside, 'NotoSansThai-Regular.ttf'), makeFont(letters));
  await writeFile(join(inside, 'NotoSansThai-Bold.ttf'), 'no font');
  await writeFile(join(inside, 'NotoSansCJK-Regular.ttc'), 'no font either');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function textOf(content: string, fonts: string | null, title = 'Herons'): Promise<string> {
  async function* turns(): AsyncGenerator<Turn> {
    yield { role: 'assistant', content, createdAt: new Date(0), notes: [], pages: [] };
  }
  const parts: Buffer[] = [];
  const transcript = { title, createdAt: new Date(0), turns: turns() };
  for await (const part of toPdf(transcript, openFontFinder(fonts))) parts.push(part);
  const document = await openPdf(Buffer.concat(parts));
  const pages: string[] = [];
  for (let number = 1; number <= document.numPages; number += 1) {
    const { items } = await (await document.getPage(number)).getTextContent();
    pages.push(items.map((item) => ('str' in item ? `${item.str}${item.hasEOL ? '\n' : ''}` : '')).join(''));
  }
  await document.loadingTask.destroy();
  return pages.join('\n');
}

const numbered = (text: string): string =>
  Array.from(text)
    .map((letter) => `⟨U+${letter.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}⟩`)
    .join('');
const withoutSpace = (text: string): string => text.replaceAll(/\s/g, '');

describe('letters that no font has', () => {
  test('stand as their numbers, and a note before the first says so, once', async () => {
    const text = await textOf(`Herons: ${chinese} and ${thai}, 👍.\n\n${chinese}`, null);
    expect(withoutSpace(text)).toContain(`Herons:${numbered(chinese)}and${numbered(thai)},⟨U+1F44D⟩.`);
    expect(text.split(note)).toHaveLength(2);
    expect(text.indexOf(note)).toBeLessThan(text.indexOf('⟨U+82CD⟩'));
  });

  test('are told of in a title, in a table, in code and in headings', async () => {
    for (const content of [
      `| Name | ${chinese} |\n| --- | --- |\n| ${chinese} | 98 |`,
      `\`${chinese}\``,
      `# ${chinese}`,
      `- **${chinese}**`,
    ]) {
      const text = withoutSpace(await textOf(content, null));
      expect([content, text.includes(numbered(chinese))]).toEqual([content, true]);
    }
    expect(withoutSpace(await textOf('Nothing.', null, chinese))).toContain(numbered(chinese));
  });

  test('are none where the built-in font has all of them', async () => {
    const text = await textOf('Ледник, Παγετώνας, ledovec: 98 cm ✓', folder);
    expect(text).toContain('Ледник');
    expect(text).not.toContain(note);
    expect(text).not.toContain('U+');
  });
});

describe('a font of the machine', () => {
  test('is found by its name below the folder, and draws what it has', async () => {
    const text = await textOf(
      `Herons are **${thai}** here.\n\n| Name | ${thai} |\n| --- | --- |\n| a | b |`,
      folder,
    );
    expect(text.split(thai)).toHaveLength(3);
    expect(text).not.toContain(note);
  });

  test('goes on after the end of a page', async () => {
    const text = withoutSpace(await textOf(`${thai} `.repeat(1_500), folder));
    expect(text.split(thai)).toHaveLength(1_501);
  });

  test('that is damaged counts as none', async () => {
    const text = await textOf(`${thai} ${chinese}`, folder);
    expect(text).toContain(thai);
    expect(withoutSpace(text)).toContain(numbered(chinese));
    expect(text).toContain(note);
  });

  test('is looked for in a folder that may not be there', async () => {
    expect(withoutSpace(await textOf(thai, join(folder, 'nowhere')))).toContain(numbered(thai));
  });
});

test('no text is cut: long cells, wide tables, and letters of two halves at the end of a part', async () => {
  const long = `${'x'.repeat(3_999)}𝒜${'y'.repeat(3_999)}𝒜 END`;
  const text = withoutSpace(
    await textOf(`${long}\n\n| a | b |\n| --- | --- |\n| c | ${'z'.repeat(1_500)}LAST |`, null),
  );
  expect(text).not.toContain('\ufffd');
  expect(text.match(/𝒜|⟨U\+1D49C⟩/gu)).toHaveLength(2);
  expect(text).toContain('END');
  expect(text).toContain('LAST');
  const names = Array.from({ length: 10 }, (_, at) => `n${at}`);
  const wide = `| ${names.join(' | ')} |\n|${' --- |'.repeat(10)}`;
  for (const name of names) expect(await textOf(wide, null)).toContain(name);
});
