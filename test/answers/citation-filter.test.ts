import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CitationFilter, createCitationFilter } from '../../src/answers/citations/filter.ts';
import { withoutMarkers } from '../../src/answers/citations/markers.ts';
import { agrees, quantitiesOf } from '../../src/answers/citations/quantities.ts';
import { readBackground } from '../../src/indexing/background.ts';

const background = readBackground();
const table =
  ' |  | Years ended | \n | 2019 | 2018\nFixed price | $ 1,452.4 | $ 1,146.2\nOther | 44.1 | 56.7';
const sources = [
  { n: 1, text: 'The harbour earned 4,310 crowns in spring. Fees were waived in March.', language: 'en' },
  { n: 2, text: table, language: 'en' },
  { n: 3, text: 'Sales grew by 3.5 percent in May. Revenue was $5 million in June.', language: 'en' },
  {
    n: 4,
    text: 'It is not true that fees were waived in March. No boats paid in May. It was never denied that dredging began in June. Not only nets were mended in July. The master denied that ropes were stolen in August. The harbour did not earn much, but cranes were painted in winter.',
    language: 'en',
  },
];

function readAll(filter: CitationFilter, deltas: readonly string[]) {
  const parts = [...deltas.map((delta) => filter.push(delta)), filter.flush()];
  return {
    text: parts.map(({ text }) => text).join(''),
    citations: parts.flatMap(({ citations }) => citations),
  };
}
const judge = (answer: string) => readAll(createCitationFilter(sources, background), [answer]);
const stateOf = (answer: string) => judge(answer).citations[0]?.verification;

describe('an answer that comes in pieces', () => {
  test('reads as it does at once, wherever it is cut', () => {
    const piece = fc.constantFrom(
      'The harbour earned 4,310 crowns in spring',
      ' [1]',
      '[99]',
      ' [1, 2]',
      ' [1-2]',
      '. ',
      '\n',
      '\n\n',
      '`a[1]`',
      '```\nb[2]\n```\n',
      ' “Fees were waived in March.” ',
      ' [',
      ']',
      ' row_id[1] ',
      ' [1](https://example.org)',
      '  ',
      ' [10, 20] ',
      ' [^7]',
      '\n[^7]: a note\n',
      '~~~\n',
      '\n\n    c[3]',
      '\n1. one',
      ' as in [1]: so',
      'rows[12]',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.integer({ min: 1, max: 7 }), (pieces, size) => {
        const answer = pieces.join('');
        const deltas = answer.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
        const cut = readAll(createCitationFilter(sources, background), deltas);
        expect(cut).toEqual(judge(answer));
        for (const { n, end } of cut.citations) expect(cut.text.slice(end)).toContain(`[${n}]`);
      }),
      { seed: 7, numRuns: 200 },
    );
  });
});

describe('a figure of a table', () => {
  test('is verified in its own column, and contradicted in another one’s', () => {
    expect(stateOf('Fixed price came to $1,452.4 in 2019 [2].')).toBe('verified');
    expect(stateOf('Fixed price came to $1,146.2 in 2019 [2].')).toBe('contradicted');
  });
});

describe('a statement in the words of its passage', () => {
  test.each([
    'The harbour earned 4 [1].',
    '310 crowns in spring [1].',
    'It says “the harbour earned 4” [1].',
    'Sales grew by 3 [3].',
    '5 percent in May [3].',
    'Revenue was $5 [3].',
  ])('is not borne out when it cuts a number or leaves its scale out: %s', (answer) => {
    expect(stateOf(answer)).not.toBe('verified');
  });

  test('is borne out with its numbers whole', () => {
    expect(stateOf('Sales grew by 3.5 percent [3].')).toBe('verified');
    expect(stateOf('It says “the harbour earned 4,310 crowns” [1].')).toBe('verified');
    expect(stateOf('Revenue was $5 million [3].')).toBe('verified');
  });
});

describe('a quotation', () => {
  test.each([
    '“In spring” the harbour did not earn 4,310 crowns [1].',
    'Nobody says that “fees were waived in March” [1].',
    'The “harbour earned” its keep by fishing for herring all winter long [1].',
  ])('does not vouch for what is said around it: %s', (answer) => {
    expect(stateOf(answer)).not.toBe('verified');
  });

  test('vouches for itself, whoever introduces it', () => {
    expect(stateOf('The report says: “fees were waived in March” [1].')).toBe('verified');
    expect(stateOf('“In spring” the harbour earned 4,310 crowns [1].')).toBe('verified');
  });
});

describe('words of a sentence that denies them', () => {
  test.each([
    'Fees were waived in March [4].',
    'Boats paid in May [4].',
    'The minutes read: “fees were waived in March” [4].',
    'Ropes were stolen in August [4].',
  ])('are contradicted: %s', (answer) => {
    expect(stateOf(answer)).toBe('contradicted');
  });

  test.each([
    'It is not true that fees were waived in March [4].',
    'No boats paid in May [4].',
    'Dredging began in June [4].',
    'Nets were mended in July [4].',
    'Cranes were painted in winter [4].',
  ])('and those that it does not deny are verified: %s', (answer) => {
    expect(stateOf(answer)).toBe('verified');
  });
});

describe('numbers', () => {
  test.each([
    ['4,310', '4310'],
    ['4.310', '4,310'],
    ['1.5 million', '1,500,000'],
    ['616 million', '616.3 million'],
    ['$1.2 billion', '1,200 million'],
    ['٤٢', '42'],
    ['forty-two', '42'],
    ['5 %', '5 percent'],
    ['616 million', '616'],
  ])('%s is %s', (one, other) => {
    expect(agrees(quantitiesOf(one)[0]!, quantitiesOf(other)[0]!)).toBe(true);
  });

  test.each([
    ['4,310', '4,130'],
    ['5 million', '5 billion'],
    ['5 %', '$5'],
    ['2019', '2018'],
    ['17', '16.5'],
    ['three weeks', 'three days'],
  ])('%s is not %s', (one, other) => {
    expect(agrees(quantitiesOf(one)[0]!, quantitiesOf(other)[0]!)).toBe(false);
  });
});

test.each(['港口水深9米。', 'ท่าเรือลึก9เมตร'])('a number is one where no spaces part words: %s', (text) => {
  expect(quantitiesOf(text).map(({ values }) => values)).toEqual([[9]]);
  expect(quantitiesOf('COVID-19, Q3 and A4')).toEqual([]);
});

test.each([
  ['“the `simples’ of the book.” [1]', 1],
  ['“the `simples’ of the book.” [1]\n\n“And `others’ again.” [1]', 2],
  ['A tick ` alone [1], and `a[1]` is code.', 0],
  ['Two `` alone [1].', 1],
  ['A span `over\ntwo[1] lines` here [1].', 1],
  ['Code that `does not end [1] in this paragraph.\n\nAnd [1] goes on.', 2],
])('a tick without its pair hides no marker: %s', (answer, count) => {
  for (const size of [1, 7, 1_000]) {
    const deltas = answer.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
    const { text, citations } = readAll(createCitationFilter(sources, background), deltas);
    expect(text).toBe(answer);
    expect(citations).toHaveLength(count);
  }
});

test('an earlier answer reads on without its markers', () => {
  expect(withoutMarkers('Nine metres [1]. So `a[1]` stays [1, 2], too [3].')).toBe(
    'Nine metres. So `a[1]` stays, too.',
  );
  expect(withoutMarkers('Take rows[12] [1], between 3 and [10, 20] metres [2].', new Set([1, 2]))).toBe(
    'Take rows[12], between 3 and [10, 20] metres.',
  );
});

describe('in another language', () => {
  const english = {
    n: 1,
    text: 'The municipal administration modified the regional transport system in 1997. Boats were repaired in the port.',
    language: 'en',
  };
  const spanish = {
    n: 1,
    text: 'La administración local no modificó el sistema de transporte ni las estaciones en 1997.',
    language: 'es',
  };
  const judged = (source: typeof english, statement: string) =>
    readAll(createCitationFilter([source], background), [`${statement} [1].`]).citations[0];

  test('words that both languages write alike bear a statement out, in the sentence that has them', () => {
    const said = judged(
      english,
      'La administración municipal modificó el sistema regional de transporte en 1997',
    );
    expect(said?.verification).toBe('verified');
    expect(english.text.slice(said?.quote?.start, said?.quote?.end)).toMatch(/^The municipal.*1997\.$/);
  });

  test.each([
    ['another number', 'La administración municipal modificó el sistema regional de transporte en 1998'],
    [
      'another name',
      'La administración municipal de Sevilla modificó el sistema regional de transporte en 1997',
    ],
    ['a negation', 'La administración municipal no modificó el sistema regional de transporte en 1997'],
    ['another matter', 'El hospital general admitió a los pacientes con enfermedades crónicas en 1997'],
  ])('but not with %s', (_, statement) => {
    expect(judged(english, statement)?.verification).toBe('unverified');
  });

  test('what the passage denies is not said by it', () => {
    const said = 'The administration modified the transport system and the stations in 1997';
    expect(judged(spanish, said)?.verification).toBe('unverified');
    expect(judged(spanish, said.replace('modified', 'did not modify'))?.verification).toBe('verified');
  });
});
