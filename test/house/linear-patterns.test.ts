import { describe, expect, test } from 'vitest';
import { readBackground } from '../../src/indexing/background.ts';
import { withoutMarkers } from '../../src/answers/citations/markers.ts';
import { foldWords } from '../../src/answers/citations/cognates.ts';
import { createCitationFilter } from '../../src/answers/citations/filter.ts';
import { tokensOf } from '../../src/answers/citations/tokens.ts';
import { questionWithSources } from '../../src/answers/compose/prompt.ts';
import { wantsSummary } from '../../src/answers/compose/question-intent.ts';
import { answerExtractively } from '../../src/answers/extractive/extractive.ts';
import { summariseExtractively } from '../../src/answers/extractive/extractive-summary.ts';
import { askedPart } from '../../src/answers/extractive/asked-part.ts';
import { lineItemsFor } from '../../src/answers/extractive/line-items.ts';
import { readQuestion } from '../../src/answers/extractive/question.ts';
import { titleFrom } from '../../src/conversations/title.ts';
import { chunk } from '../../src/documents/chunk.ts';
import { safeName } from '../../src/documents/file-name.ts';
import { decodeText } from '../../src/formats/encoding.ts';
import { memberText } from '../../src/http/exact-json.ts';
import { unknownName } from '../../src/http/nearest-name.ts';
import { analyze } from '../../src/indexing/analyze.ts';
import { partBoilerplate } from '../../src/indexing/boilerplate.ts';
import { detectLanguage } from '../../src/indexing/language.ts';
import { prepareIndex } from '../../src/indexing/prepare.ts';
import { parseQueries } from '../../src/models/rewrite.ts';
import { dropThinking } from '../../src/models/think-tags.ts';
import { countTokens } from '../../src/models/tokens.ts';
import { read } from '../formats/read.ts';
import { isFullRun, sampledInCi } from '../support/full-run.ts';
import { inExchange } from './support/exchanged.ts';
import { msOf, type Pattern, patternsIn, shapesFor } from './support/patterns.ts';

// What documents, questions, names and models say must not make one pattern, or one function, freeze the server: time
// grows with the text, not with its square. Growth is compared, not seconds, so that a busy machine fails nothing.

const folders = ['src', 'contract/src', 'client/src', 'web/src'];
/** Linear patterns take some hundredths of a millisecond for so much. */
const short = 1_536;

describe('every pattern in the source', () => {
  test('runs in time that grows with the text', { timeout: 120_000 }, () => {
    const patterns = patternsIn(folders);
    expect(patterns.length).toBeGreaterThan(200);
    // Those that are put together are among them, and so are sticky ones.
    for (const part of [
      '(?<ticks>',
      String.raw`\S{1025,}`,
      '"0123456789abcdef',
      String.raw`[,\r\n]`,
      '[\\p{sc=Han}',
    ])
      expect(patterns.filter(({ regex }) => regex.source.includes(part)).length, part).toBeGreaterThan(0);
    expect(patterns.some(({ regex }) => regex.sticky)).toBe(true);
    expect(patterns.flatMap((pattern) => quadraticShape(pattern) ?? [])).toEqual([]);
  });

  test('would be found: a pattern like the one that froze the server', () => {
    const regex = /<(\s*\/?\s*sources?)\b/gi;
    expect(quadraticShape({ where: 'here', regex })).toMatch(/^here/);
    expect(quadraticShape({ where: 'here', regex: /\s*x/y })).toMatch(/^here/);
    const fifthWord = /(summary|overview|zusammenfassend\p{L}* z)/u;
    expect(quadraticShape({ where: 'here', regex: fifthWord })).toMatch(/^here/);
  });
});

/** Where and by which text the pattern runs in more than linear time; null when it does not. */
function quadraticShape({ where, regex }: Pick<Pattern, 'where' | 'regex'>): string | null {
  for (const text of shapesFor(regex, short)) {
    if (msOf(regex, text) < 0.4 || best(regex, text) < 0.4) continue;
    let grown = growth(regex, text);
    for (let again = 0; again < 3 && grown > 24; again += 1) grown = Math.min(grown, growth(regex, text));
    if (grown > 24)
      return `${where} ${regex} with ${JSON.stringify(text.slice(0, 12))}… grows ${grown.toFixed(0)} times`;
  }
  return null;
}

/** For eight times the text: 8 when linear, 64 when quadratic. A repeated text may stop matching earlier. */
function growth(regex: RegExp, text: string): number {
  const longer = [text.repeat(2), text.repeat(4), text.repeat(8), stretched(text, 8)];
  return Math.max(...longer.map((one) => best(regex, one))) / Math.max(best(regex, text), 0.05);
}

function best(regex: RegExp, text: string): number {
  return Math.min(msOf(regex, text), msOf(regex, text), msOf(regex, text));
}

/** The same shape, longer inside: its first and last character stay. */
function stretched(text: string, times: number): string {
  return text.slice(0, -1).charAt(0) + text.slice(1, -1).repeat(times) + text.slice(-1);
}

const megabyte = 1024 * 1024;
const shapes: Record<string, string> = {
  'tags and spaces': '<',
  'open tags': '<sources ',
  spaces: ' ',
  brackets: '[',
  citations: '[1][2]',
  'half citations': '[1, ',
  'opening quotation marks': '„«',
  quotes: '"a',
  'combining marks': '\u0301',
  'combining marks out of order': '\u0301\u0323',
  backticks: '`',
  digits: '1',
  amounts: '$1,0 ',
  newlines: '\n',
  'spaced lines': ' \n',
  sentences: 'a. ',
  'full stops': '.',
  hashes: '#',
  pipes: '|',
  'quoted cells': '"a,',
  'open comments': '<!--',
  entities: '&a',
  filters: 'tag:"a in:',
  details: '<details type="reasoning">',
  'braces and escapes': '{\\a',
  fences: '```\n',
  'long words': `${'a'.repeat(1_000)} `,
  dashes: '- ',
  letters: 'a',
  'Chinese letters': '漢',
  mixed: '<source "[1] `a\u0301` 漢字 #- |\t1,000.00 „x“\n',
};

function ofLength(unit: string, length: number): string {
  // One opening tag, then only what it waits for.
  if (unit === '<') return `<${' '.repeat(length - 1)}`;
  return unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
}

const source = (text: string) => ({ n: 1, documentName: text, page: null, heading: [text], text });
const passage = (text: string) => ({
  id: '1',
  text,
  content: text,
  documentName: 'a.txt',
  heading: ['Heading'],
});
const asFile = (name: string) => (text: string) => read(Buffer.from(text), name).catch(() => null);

const extractively = (text: string) => answerExtractively('What is said of it?', [passage(text)] as never);
const background = readBackground();
const manyNames = Array.from({ length: 500 }, (_, at) => `${at}.txt`);
type Run = (text: string) => unknown;
const inServer: Record<string, Run> = {
  'prompt: sources': (text) =>
    questionWithSources('Why?', { sources: [source(text)], found: 1, titles: [], unread: [], today: '' }),
  'prompt: names': (text) =>
    questionWithSources('Why?', { sources: [], found: 0, titles: [text], unread: [text], today: '' }),
  'citations of an answer': (text) => {
    const filter = createCitationFilter(
      [
        { n: 1, text: 'a short source', language: 'en' },
        { n: 2, text: 'another', language: 'und' },
      ],
      background,
    );
    filter.push(text);
    return filter.flush();
  },
  'citations against a long source': (text) => {
    const filter = createCitationFilter([{ n: 1, text, language: 'en' }], background);
    filter.push('It says “a long quotation” here [1]. It is not deep in 1999 [1].');
    return filter.flush();
  },
  'markers of earlier answers': (text) => withoutMarkers(text, new Set([1])),
  'thinking in small parts': (text) => {
    const filter = dropThinking();
    for (let at = 0; at < text.length; at += 16) filter.push(text.slice(at, at + 16));
    return filter.end();
  },
  'titles of conversations': titleFrom,
  'intent of a question': (text) => wantsSummary(text, ['a.txt']),
  'name of a document in a question': (text) => wantsSummary('Summarise a.txt', [text]),
  'question that names none of many documents': (text) => wantsSummary(`summary ${text}`, manyNames),
  'words of a citation': tokensOf,
  'words that languages share': (text) => foldWords([text]),
  'question of an extractive answer': readQuestion,
  'asking part of a question': askedPart,
  'lines of a statement that a question names': lineItemsFor,
  'rewritten questions': parseQueries,
  'names of files': safeName,
  'extractive answer': (text) => extractively(text.slice(0, 40_000)),
  'extractive summary': (text) => summariseExtractively('Summarise it', [passage(text)] as never, 'en'),
  language: detectLanguage,
  words: (text) => analyze(text, 'en'),
  tokens: countTokens,
  boilerplate: (text) => partBoilerplate([text, text]),
  'members of JSON': (text) =>
    memberText(JSON.stringify({ text, message_metadata: text }), 'message_metadata'),
  'unknown names': (text) => unknownName(text, ['title', 'name']),
  ...inExchange,
};

/** These run in a child process with a time limit: less text shows as well whether they grow. */
const inChild: Record<string, Run> = {
  'plain text': asFile('a.txt'),
  'Vietnamese in one byte for each sign': (text) => decodeText(inOneByte(text), 'windows-1258'),
  Markdown: asFile('a.md'),
  HTML: asFile('a.html'),
  CSV: asFile('a.csv'),
  JSON: asFile('a.json'),
  RTF: (text) => asFile('a.rtf')(`{\\rtf1 ${text}}`),
  'source code': asFile('a.ts'),
  chunks: (text) => chunk(documentOf(text, 'paragraph')),
  'chunks of a heading': (text) => chunk(documentOf(text, 'heading')),
  index: (text) =>
    prepareIndex({
      title: 'x',
      fileName: 'a.txt',
      text,
      chunks: [{ text, heading: [], prefix: null, page: null }],
    } as unknown as Parameters<typeof prepareIndex>[0]),
};

function inOneByte(text: string): Buffer {
  return Buffer.from(text.replaceAll('\u0301', '\xec').replaceAll('\u0323', '\xf2'), 'latin1');
}

const eMail: Run = (text) => asFile('a.eml')(`From: a@b.org\nSubject: ${text}\n\n${text}`);

function documentOf(text: string, kind: 'paragraph' | 'heading') {
  return {
    text,
    blocks: [{ kind, start: 0, end: text.length, page: null, level: 1 }],
    title: null,
    pages: null,
    language: null,
    warnings: [],
  } as unknown as Parameters<typeof chunk>[0];
}

describe('a megabyte of one shape takes time that grows with it:', () => {
  test.each([
    ...Object.entries(inServer).map(([name, run]) => ({ name, run, most: megabyte })),
    ...Object.entries(inChild).map(([name, run]) => ({ name, run, most: megabyte / 4 })),
    // A hundredth of a millisecond for each line, many or few.
    { name: 'e-mail', run: eMail, most: megabyte / 16 },
  ])('$name', { timeout: 300_000 }, async ({ run, most }) => {
    const slow: string[] = [];
    for (const [shape, unit] of sampledInCi(Object.entries(shapes), 10)) {
      const found = await slowGrowth(run, unit, most);
      if (found !== null) slow.push(`${shape}: ${found}`);
    }
    expect(slow).toEqual([]);
  });
});

/** What grows with the square takes minutes for so much text; nothing else comes near this. */
const hangsAfterMs = 30_000;

describe.runIf(isFullRun)('a megabyte of each shape at once', () => {
  const texts = Object.entries(shapes).map(([shape, unit]) => ({ shape, text: ofLength(unit, megabyte) }));

  test('is through every pattern', { timeout: 600_000 }, () => {
    const hanging = patternsIn(folders).flatMap(({ where, regex }) =>
      texts
        .filter(({ text }) => msOf(regex, text) > hangsAfterMs)
        .map(({ shape }) => `${where} ${regex}: ${shape}`),
    );
    expect(hanging).toEqual([]);
  });

  // The others get as much above, or a quarter of it: what would hang here takes two seconds there, and is found.
  test.each(Object.entries({ 'e-mail': eMail, 'extractive answer': extractively }))(
    'is through: %s',
    { timeout: 600_000 },
    async (_name, run) => {
      const hanging: string[] = [];
      for (const { shape, text } of texts)
        if ((await cpuMsFor(run, text)) > hangsAfterMs) hanging.push(shape);
      expect(hanging).toEqual([]);
    },
  );
});

/** How the time grows with the text, where it grows much faster than the text; else null. */
async function slowGrowth(run: Run, unit: string, most: number): Promise<string | null> {
  let length = most / 16;
  let before = await cpuMsFor(run, ofLength(unit, length));
  while (length < most) {
    // What takes next to nothing cannot take long for all of the text, even if it grows with the square.
    const times = before < 25 ? most / length : 4;
    const [less, more] = [ofLength(unit, length), ofLength(unit, length * times)];
    let ms = await cpuMsFor(run, more);
    // Collecting garbage takes breaks, and a machine is now slow and now fast: only what is slow each time, against what
    // the shorter text takes at that moment, is slow.
    for (let again = 0; again < 3 && isSlow(ms, before, times); again += 1) {
      before = await cpuMsFor(run, less);
      ms = await cpuMsFor(run, more);
    }
    if (isSlow(ms, before, times))
      return `${times} times ${length / 1024} KB took ${ms.toFixed(0)} ms after ${before.toFixed(0)} ms`;
    length *= times;
    before = ms;
  }
  return null;
}

/** Four times the text takes 4 times as long when linear, 16 times when quadratic. */
function isSlow(ms: number, before: number, times: number): boolean {
  return ms > 400 && ms > 2.25 * times * Math.max(before, 10);
}

/** Processor time of this thread: what else the machine does costs it nothing. */
async function cpuMsFor(run: Run, text: string): Promise<number> {
  const started = process.threadCpuUsage();
  await run(text);
  const { user, system } = process.threadCpuUsage(started);
  return (user + system) / 1000;
}
