import { describe, expect, it } from 'vitest';
import { partBoilerplate } from '../../src/indexing/boilerplate.ts';
import { searchKeyword } from '../../src/indexing/bm25.ts';
import { statementTopics } from '../../src/indexing/financial-statements.ts';
import { prepareIndex } from '../../src/indexing/prepare.ts';
import { openSegment } from '../../src/indexing/segment.ts';

const figures = Array.from(
  { length: 15 },
  (_, at) => `Line item ${at} $ ${at * 137 + 1000} ${at * 91 + 900}`,
).join('\n');
const prose =
  'The company makes tapes and abrasives. Customers value them, and the company expects that to go on. '.repeat(
    6,
  );

function find(document: Parameters<typeof prepareIndex>[0], query: string): number[] {
  const { segment } = prepareIndex(document);
  return searchKeyword([openSegment(segment)], query, { k: 10 }).map((hit) => hit.ordinal);
}

describe('preparing a document', () => {
  it('finds a chunk by its heading, its table header and the document’s name', () => {
    const document = {
      title: 'Handbook',
      fileName: 'Travel_Policy-2024.pdf',
      text: prose,
      chunks: [
        { text: 'Rooms up to 150.', heading: ['Travel', 'Hotels'], page: 1 },
        { text: '17 18 19', heading: [], prefix: 'Country | Daily allowance', page: 2 },
      ],
    };
    expect(find(document, 'hotels')).toEqual([0]);
    expect(find(document, 'allowance')).toEqual([1]);
    expect(find(document, 'policy').toSorted((a, b) => a - b)).toEqual([0, 1]);
  });

  const statement = (title: string, page: number) => ({
    text: `ACME CORP\n${title}\n${figures}`,
    heading: [],
    page,
  });
  const wanted = 'How high was the liquidity?';

  it('finds a statement of a filing by what it answers, on all pieces of its page', () => {
    const document = {
      title: 'Annual report',
      fileName: 'report.pdf',
      text: prose,
      chunks: [
        { text: prose, heading: [], page: 1 },
        statement('CONSOLIDATED BALANCE SHEETS', 2),
        { text: figures, heading: [], page: 2 },
        statement('CONSOLIDATED STATEMENTS OF CASH FLOWS', 3),
      ],
    };
    expect(find(document, wanted).toSorted((a, b) => a - b)).toEqual([1, 2]);
  });

  it('knows a filing by its statements, not by its name', () => {
    const document = (fileName: string, chunks: Parameters<typeof prepareIndex>[0]['chunks']) => ({
      title: '',
      fileName,
      text: prose,
      chunks,
    });
    const filing = [statement('Balance Sheets', 1), statement('Statements of Operations', 2)];
    const budget = [statement('Balance Sheet', 1), statement('Cash desk', 2), statement('Rooms', 3)];
    expect(find(document('notes.txt', filing), wanted)).toEqual([0]);
    expect(find(document('ACME_2022_10K.pdf', budget), wanted)).toEqual([]);
  });

  it('lets a line on every page count less than the same word in the text', () => {
    const pages = Array.from({ length: 8 }, (_, at) => ({
      text: `Confidential draft ${at}\nTopic number ${at} of many.`,
      heading: [],
      page: at + 1,
    }));
    pages.push({ text: 'The confidential part begins here.', heading: [], page: 9 });
    expect(find({ title: '', fileName: 'x.txt', text: prose, chunks: pages }, 'confidential')[0]).toBe(8);
  });

  it('takes documents with nothing in them', () => {
    const { language, segment } = prepareIndex({ title: '', fileName: '', text: '', chunks: [] });
    expect(language).toBe('und');
    expect(openSegment(segment).chunkCount).toBe(0);
  });

  it('indexes 2 MB within a few seconds', () => {
    const chunks = Array.from({ length: 1200 }, (_, at) => ({
      text: `${at} ${prose}${figures}`.slice(0, 1700),
      heading: ['Part'],
      page: at,
    }));
    const started = performance.now();
    prepareIndex({ title: 'Long', fileName: 'long.pdf', text: prose.repeat(100), chunks });
    expect(performance.now() - started).toBeLessThan(8_000);
  });
});

describe('financial statements', () => {
  const page = (title: string, text = figures) => ({
    headings: [],
    text: `Table of Contents\nACME CORP\n${title}\n${text}`,
  });
  /** What the page is indexed by in a filing that has the other two statements as well. */
  const topicsIn = (one: Parameters<typeof statementTopics>[0][number]): string =>
    statementTopics([one, page('Balance Sheets'), page('Statements of Cash Flows')])[0] ?? '';

  it('are told by title and figures together', () => {
    expect(topicsIn(page('Consolidated Balance Shee ts'))).toContain('working capital');
    expect(topicsIn(page('CONSOLIDATED STATEMENTS OF OPERATIONS'))).toContain('gross margin');
    expect(topicsIn(page('Statements of Consolidated Cash Flows'))).toContain('capital expenditures');
    expect(topicsIn({ headings: ['Consolidated Statements of Earnings'], text: figures })).toContain(
      'income statement',
    );
  });

  it('are not told by a mention', () => {
    expect(topicsIn(page('Consolidated Balance Sheets', prose))).toBe('');
    expect(topicsIn(page('Notes', figures))).toBe('');
    const sentence =
      'As the consolidated statements of cash flows show, the company paid much more for its property than in the years before.';
    expect(topicsIn(page(sentence))).toBe('');
  });

  it('are statements only beside another: a document with one of them is no filing', () => {
    expect(statementTopics([page('Balance Sheet'), page('Notes'), page('Rooms')])).toEqual(['', '', '']);
    expect(
      statementTopics([page('Balance Sheet', prose), page('Statement of Income'), page('Cash flows', prose)]),
    ).toEqual(['', '', '']);
    const both = statementTopics([page('Balance Sheet'), page('Notes'), page('Statement of Income')]);
    expect(both.map((topics) => topics !== '')).toEqual([true, false, true]);
    const others = statementTopics([page('Balance Sheet'), page("Statements of Shareholders' Equity")]);
    expect(others.map((topics) => topics !== '')).toEqual([true, false]);
  });
});

describe('boilerplate', () => {
  it('parts lines that repeat with other numbers, and leaves figures alone', () => {
    const texts = Array.from(
      { length: 10 },
      (_, at) => `Page ${at} of 10\nOwn line ${'abcdefghij'[at]}\n1 2 3`,
    );
    const parted = partBoilerplate(texts);
    expect(parted[3]).toEqual({ own: 'Own line d\n1 2 3', repeated: 'Page 3 of 10' });
  });
});
