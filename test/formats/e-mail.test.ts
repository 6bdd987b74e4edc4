import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/errors.ts';
import { outline, read } from './read.ts';

const eml = (source: string | Buffer) => read(Buffer.from(source), 'a.eml');

/** What the document says after its subject and its senders. */
async function bodyOf(source: string | Buffer): Promise<string[]> {
  return outline(await eml(source)).filter((line) => !/^heading1|^paragraph: From/.test(line));
}

const head = 'From: a@example.org\nSubject: S\n';

function multipart(kind: string, boundary: string, ...parts: string[]): string {
  const body = parts.map((part) => `--${boundary}\n${part}\n`).join('');
  return `Content-Type: multipart/${kind}; boundary="${boundary}"\n\n${body}--${boundary}--\n`;
}

const text = (words: string) => `Content-Type: text/plain; charset=utf-8\n\n${words}`;
const page = (source: string) => `Content-Type: text/html; charset=utf-8\n\n${source}`;

describe('parts of an e-mail', () => {
  it('keeps a part inside a part whose boundary begins with the outer one', async () => {
    const inner = multipart(
      'alternative',
      'outer-inner',
      text('The inner text, in plain words.'),
      page('<p>The same with colours.</p>'),
    );
    const source = head + multipart('mixed', 'outer', inner, text('The text after it.'));
    expect(await bodyOf(source)).toEqual([
      'paragraph: The inner text, in plain words.',
      'paragraph: The text after it.',
    ]);
  });

  it('does not take a line of the text for a boundary', async () => {
    const source =
      head + multipart('mixed', 'cut', text('Before\n --cut\nx --cut--\n--cutting the costs\nafter.'));
    expect(await bodyOf(source)).toEqual([
      'paragraph: Before\n --cut\nx --cut--\n--cutting the costs\nafter.',
    ]);
  });

  it('ends an inner multipart that was not closed where the outer one goes on', async () => {
    const open = multipart('alternative', 'in', text('A text that was never closed.')).replace(
      '--in--\n',
      '',
    );
    const source = head + multipart('mixed', 'out', open, text('And one after it.'));
    expect(await bodyOf(source)).toEqual([
      'paragraph: A text that was never closed.',
      'paragraph: And one after it.',
    ]);
  });

  it('reads a web page when the plain alternative says nothing', async () => {
    const source =
      head +
      multipart(
        'alternative',
        'b',
        text('see HTML'),
        page('<h2>News</h2><table><tr><th>a<th>b<tr><td>1<td>2</table>'),
      );
    expect(await bodyOf(source)).toEqual(['heading2: News', 'table: a\tb\n1\t2']);
  });

  it('keeps the structure of a web page that a mailing list has signed in plain text', async () => {
    const source =
      head +
      multipart(
        'mixed',
        'b',
        page('<h2>News</h2><ul><li>one</ul>'),
        text('You get this since you signed up.'),
      );
    expect(await bodyOf(source)).toEqual([
      'heading2: News',
      'list_item: - one',
      'paragraph: You get this since you signed up.',
    ]);
  });

  it('joins lines that were only folded for the way', async () => {
    const source = `${head}Content-Type: text/plain; charset=utf-8; format=flowed\n\nOne sentence \nin two lines.\nAnother.`;
    expect(await bodyOf(source)).toEqual(['paragraph: One sentence in two lines.\nAnother.']);
  });
});

describe('messages within an e-mail', () => {
  const forwarded = `From: =?utf-8?Q?J=C3=BCrgen?= <j@example.org>\nSubject: The plan\nDate: Mon, 2 Nov 2026 10:00:00 +0100\n${multipart(
    'mixed',
    'b',
    text('We start on Monday.'),
    'Content-Type: application/pdf\nContent-Disposition: attachment; filename="plan.pdf"\n\nx',
  )}`;

  it.each(['', 'Content-Disposition: attachment; filename="plan.eml"\n'])(
    'reads a forwarded message as a part of its own (%j)',
    async (disposition) => {
      const part = `Content-Type: message/rfc822\n${disposition}\n${forwarded}`;
      const document = await eml(head + multipart('mixed', 'b-outer', text('See below, please.'), part));
      expect(document.title).toBe('S');
      expect(outline(document).slice(2)).toEqual([
        'paragraph: See below, please.',
        'heading2: The plan',
        'paragraph: From: Jürgen <j@example.org>\nDate: Mon, 2 Nov 2026 10:00:00 +0100',
        'paragraph: We start on Monday.',
        'paragraph: Attachments: plan.pdf',
      ]);
      expect(document.warnings).toHaveLength(1);
    },
  );

  it('reads the messages of a digest', async () => {
    const one = (subject: string) => `\nSubject: ${subject}\n\nAbout ${subject}.`;
    expect(await bodyOf(head + multipart('digest', 'd', one('tea'), one('milk')))).toEqual([
      'heading2: tea',
      'paragraph: About tea.',
      'heading2: milk',
      'paragraph: About milk.',
    ]);
  });

  it('stops at messages within messages that go on for ever, and says so', async () => {
    let source = `${head}\nThe innermost.`;
    for (let depth = 0; depth < 50; depth++) source = `${head}Content-Type: message/rfc822\n\n${source}`;
    const document = await eml(source);
    expect(document.text).not.toContain('innermost');
    expect(document.warnings).toContain('Messages within messages were read ten deep.');
  });
});

describe('the limits and the letters of an e-mail', () => {
  async function codeOf(source: string): Promise<string> {
    const error: unknown = await eml(source).catch((reason: unknown) => reason);
    if (!(error instanceof AppError)) throw error;
    return error.code;
  }

  it('refuses parts without end, in depth and in number', async () => {
    let deep = text('x');
    for (let depth = 0; depth < 200; depth++) deep = multipart('mixed', `b${depth}.`, deep);
    expect(await codeOf(head + deep)).toBe('document_too_complex');
    const parts = '--b\n\nx\n'.repeat(200_000);
    const many = `${head}Content-Type: multipart/mixed; boundary=b\n\n${parts}`;
    expect(await codeOf(many)).toBe('document_too_complex');
    expect(await codeOf(`${head}${'X-Long: y\n'.repeat(400_000)}\nbody`)).toBe('document_too_complex');
  });

  it('refuses a megabyte of empty lines, which would take ten seconds, at once', async () => {
    const started = process.threadCpuUsage();
    expect(await codeOf(head + '\n'.repeat(1024 * 1024))).toBe('document_too_complex');
    const { user, system } = process.threadCpuUsage(started);
    expect(user + system).toBeLessThan(1_000_000);
  });

  it('reads a message with a large file attached, and one with many lines', async () => {
    const line = `${'QUJD'.repeat(19)}\n`;
    const file = `Content-Type: image/png; name=a.png\nContent-Transfer-Encoding: base64\n\n${line.repeat(40_000)}`;
    expect((await eml(head + multipart('mixed', 'b', text('A file.'), file))).text).toContain('a.png');
    expect((await eml(`${head}\n${'short\n'.repeat(50_000)}`)).text.length).toBeGreaterThan(250_000);
  });

  it('says of an e-mail without a word that it is empty', async () => {
    expect(await codeOf('Content-Type: text/plain\nMIME-Version: 1.0\n\n')).toBe('document_empty');
  });

  it('guesses the letters of a message that does not name them', async () => {
    const source = Buffer.concat([
      Buffer.from('From: a@example.org\nSubject: '),
      koi8('Привет'),
      Buffer.from('\n\n'),
      koi8('Привет, как дела сегодня? Все хорошо, спасибо большое.'),
    ]);
    const document = await eml(source);
    expect(document.title).toBe('Привет');
    expect(document.text).toContain('как дела сегодня');
  });

  it('reads names of attachments in either way of writing letters', async () => {
    const source =
      head +
      multipart(
        'mixed',
        'b',
        text('Two files are with this.'),
        "Content-Type: image/png\nContent-Disposition: attachment; filename*=utf-8''%C3%BCber.png\n\nx",
        'Content-Type: text/csv; name="=?utf-8?B?w7ZsLmNzdg==?="\n\na,b',
      );
    expect(await bodyOf(source)).toContain('paragraph: Attachments: über.png, öl.csv');
  });
});

function koi8(words: string): Buffer {
  const letters = new Map<string, number>();
  const decoder = new TextDecoder('koi8-r');
  for (let byte = 0; byte < 256; byte++) letters.set(decoder.decode(new Uint8Array([byte])), byte);
  return Buffer.from(Array.from(words, (letter) => letters.get(letter) ?? 0x3f));
}
