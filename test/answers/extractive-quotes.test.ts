import { describe, expect, test } from 'vitest';
import { askedPart } from '../../src/answers/extractive/asked-part.ts';
import { answerExtractively, type Passage } from '../../src/answers/extractive/extractive.ts';
import { splitUnits } from '../../src/answers/extractive/quotable-units.ts';
import { splitSentences } from '../../src/answers/extractive/sentences.ts';

function passage(text: string, n = 1, rest: Partial<Passage> = {}): Passage {
  return { n, text, heading: [], score: 1 / n, documentName: 'Handbook.pdf', page: 1, ...rest };
}

const quotesOf = (question: string, ...passages: Passage[]) =>
  answerExtractively(question, passages).citations.map(({ quote }) => quote);

describe('an answer without a language model', () => {
  const refund = passage(
    'Returns are free. Customers may return goods within 30 days of delivery. Dr. Smith approves exceptions.',
  );
  const office = passage('The office opens at nine. Coffee is in the kitchen.', 2);

  test('quotes the sentence that answers, with its number, and says nothing else', () => {
    const answer = answerExtractively('Within how many days may customers return goods?', [office, refund]);
    const [first, ...rest] = answer.text.split('\n\n');
    expect(first).toBe('“Customers may return goods within 30 days of delivery.” [1]');
    expect(rest).toEqual([]);
    expect(answer.match).toBe('direct');
  });

  test('cites only text that stands in the passage', () => {
    const passages = [
      refund,
      office,
      passage('Goods:\n- one\n- two\nWhat is returned? Goods are.\n|a|b|\n|-|-|\n|goods|2|', 3),
    ];
    const { citations } = answerExtractively('return goods one two', passages);
    expect(citations.length).toBeGreaterThan(0);
    for (const { n, quote } of citations)
      expect(passages.find((source) => source.n === n)?.text).toContain(quote);
  });

  test.each(['Who won the football world cup?', '???', ''])(
    'says plainly that nothing matches %j',
    (question) => {
      const answer = answerExtractively(question, [refund, office]);
      expect(answer).toMatchObject({ match: 'none', citations: [] });
      expect(answer.text).toMatch(/^Nothing in the passages that were found matches the question\./);
    },
  );

  test('says the same when there is no passage', () => {
    expect(answerExtractively('Anything?', []).match).toBe('none');
  });

  test('says when the quotations are only near the question', () => {
    const answer = answerExtractively('Which courier delivers the parcels of customers?', [refund, office]);
    expect(answer.match).toBe('weak');
    expect(answer.text).toMatch(/^The documents may not answer this directly\./);
  });

  test('prefers a sentence with a date for a question about time', () => {
    const text = 'The bridge was built by Roman engineers for trade. The bridge was built in 1854 for trade.';
    expect(quotesOf('When was the bridge built?', passage(text))[0]).toContain('1854');
  });

  test('says the same thing once', () => {
    const again = passage('Customers may return goods within 30 days of delivery!', 2);
    expect(quotesOf('How long may customers return goods?', refund, again)).toHaveLength(1);
  });

  test('quotes a question of the document together with its answer', () => {
    const faq = passage('How do I reset my password?\nOpen the login page. It is there.');
    expect(quotesOf('How do I reset the password?', faq)).toEqual([
      'How do I reset my password?\nOpen the login page.',
    ]);
  });

  test('quotes a lead-in together with its list', () => {
    const plans = passage(
      'The following plans exist:\n- Basic plan: 5 EUR\n- Team plan: 12 EUR\n\nOther things follow.',
    );
    expect(quotesOf('Which plans exist?', plans)).toEqual([
      'The following plans exist:\n- Basic plan: 5 EUR\n- Team plan: 12 EUR',
    ]);
  });

  test('finds a sentence by the heading above it', () => {
    expect(
      quotesOf('What is the refund policy?', passage('Refund policy\nYour money comes back in full.')),
    ).toEqual(['Your money comes back in full.']);
  });

  test('never quotes more than asked for', () => {
    const many = passage(
      Array.from(
        { length: 40 },
        (_, index) => `Rule ${index} of the house concerns cat number ${index}.`,
      ).join(' '),
    );
    expect(quotesOf('rule of the house cat', many).length).toBeLessThanOrEqual(4);
  });
});

describe('tables', () => {
  const table = passage(
    'Results\n(in millions)\t2023\t2022\nNet sales\t1,234\t1,100\nOperating income\t220\t198\nNet income\t150\t140',
    3,
  );

  test('give the row with its header', () => {
    const answer = answerExtractively('What was net income in 2023?', [table]);
    expect(answer.text).toMatch(/^“\(in millions\)\t2023\t2022” \[3\]: “Net income\t150\t140” \[3\]/);
    expect(answer.citations).toEqual([
      { n: 3, quote: '(in millions)\t2023\t2022' },
      { n: 3, quote: 'Net income\t150\t140' },
    ]);
  });

  test('keep a header of two rows together', () => {
    const years = passage(
      '\tYears ended September 30,\n\t2019\t2018\nFixed price\t1,452\t1,146\nOther\t44\t56',
    );
    expect(quotesOf('What was fixed price in 2019?', years)).toEqual([
      'Years ended September 30,\n\t2019\t2018',
      'Fixed price\t1,452\t1,146',
    ]);
  });

  test('say a year in the header as much as a sentence does', () => {
    const sentence = passage(
      'In fiscal 2019 and 2018 the expenses of offices went down with the travel season.',
    );
    const rows = passage('|  | Fiscal 2019 | Fiscal 2018 |\n|-|-|-|\n| Travel expenses | 1,310 | 1,141 |', 2);
    expect(quotesOf('What were the travel expenses in fiscal 2019 and 2018?', sentence, rows)).toContain(
      '| Travel expenses | 1,310 | 1,141 |',
    );
  });

  test('in Markdown work alike', () => {
    const plan = passage('| Plan | Price |\n| --- | --- |\n| Basic | 5 EUR |\n| Team | 12 EUR |');
    expect(quotesOf('What is the price of the team plan?', plan)).toEqual([
      '| Plan | Price |',
      '| Team | 12 EUR |',
    ]);
  });
});

describe('rows of a statement', () => {
  const statement = passage(
    [
      'As of June 30,\t2023\t2022',
      'Assets',
      'Current assets:',
      'Inventories, net\t992\t1,114',
      'Total current assets\t5,308\t5,853',
      'Total assets\t17,003\t17,426',
      'Current liabilities:',
      'Trade payables\t2,690\t3,073',
      'Total current liabilities\t4,476\t5,103',
    ].join('\n'),
    3,
  );

  test('keep their years below a line with one cell, and bring the group that they are in', () => {
    expect(quotesOf('What are the trade payables of 2023?', statement).slice(0, 3)).toEqual([
      'As of June 30,\t2023\t2022',
      'Current liabilities:',
      'Trade payables\t2,690\t3,073',
    ]);
  });

  test('a ratio is answered by the lines that it is made of', () => {
    const quotes = quotesOf('Has the quick ratio improved between FY2023 and FY2022?', statement);
    expect(quotes).toContain('Total current assets\t5,308\t5,853');
    expect(quotes).toContain('Total current liabilities\t4,476\t5,103');
  });

  test('of a statement are found by the terms that it is asked about', () => {
    const rows = ['Wages', 'Rent', 'Energy', 'Travel', 'Insurance', 'Other, net'];
    const figures = (first: number): string =>
      ['Item\t2023\t2022\t2021\t2020', ...rows.map((row, at) => `${row}\t${first + at}\t77\t78\t79`)].join(
        '\n',
      );
    const regions = passage(figures(100), 1, { heading: ['Regions of the world'], page: 4, score: 1 });
    const income = passage(figures(500), 2, { heading: ['Statements of Operations'], page: 9, score: 1 });
    const quotes = quotesOf('What was other, net in the profit and loss of 2023?', regions, income);
    expect(quotes.find((quote) => quote.startsWith('Other, net'))).toBe('Other, net\t505\t77\t78\t79');
  });

  test('bars without outer bars part cells too', () => {
    const bars = passage(
      '|  | Fiscal |\n | 2019 | 2018\nSolutions: |  | \nSensors | 914 | 918\nTotal | 7,821 | 8,290',
    );
    expect(quotesOf('What were sensors in 2019?', bars).slice(0, 3)).toEqual([
      '|  | Fiscal |\n | 2019 | 2018',
      'Solutions: |  |',
      'Sensors | 914 | 918',
    ]);
  });
});

describe('a question with instructions', () => {
  test.each([
    [
      'You are an analyst. Answer from the information shown in the balance sheet: what is the net rent of Hall Nine? Answer in millions.',
      'what is the net rent of Hall Nine?',
    ],
    [
      'Based on the information in the lease, what is the rent (in EUR millions)? Round to one digit.',
      'what is the rent  ?',
    ],
    ['Tell me about the rent. Be short.', 'Tell me about the rent. Be short.'],
    ['According to the lease of 2019, who pays?', 'According to the lease of 2019, who pays?'],
  ])('is searched by what it asks: %s', (text, expected) => {
    expect(askedPart(text).trim()).toBe(expected);
  });
});

describe('in other languages', () => {
  test('the sentence above near quotations is in the language of the question', () => {
    const { text, match } = answerExtractively('Welcher Kurierdienst liefert die Pakete der Kunden?', [
      passage('Die Kunden haben dreißig Tage Zeit. Das Büro öffnet um neun. Kaffee steht in der Küche.'),
    ]);
    expect(match).toBe('weak');
    expect(text).toMatch(/^Die Dokumente beantworten das vielleicht nicht unmittelbar\./);
  });

  test.each([
    [
      'German',
      'Wie hoch war der Umsatz im Jahr 2023?',
      'Die Firma wurde in Köln gegründet. Der Umsatz betrug im Jahr 2023 rund 5 Mio. Euro. Es gibt drei Büros.',
      '5 Mio. Euro',
    ],
    [
      'French',
      'Quand la société a-t-elle été fondée ?',
      'La société emploie cent personnes. La société a été fondée en 1987 à Lyon.',
      '1987',
    ],
    [
      'Russian',
      'Сколько сотрудников работает в компании?',
      'Компания основана в Москве. В компании работает 250 сотрудников. Офис открыт.',
      '250',
    ],
    [
      'Chinese',
      '公司2023年的收入是多少？',
      '公司成立于上海。公司2023年的收入为12亿元。员工人数增加了。',
      '12亿元',
    ],
    [
      'Japanese',
      '会社の売上高はいくらですか？',
      '会社は東京にあります。売上高は10億円です。社員は百人です。',
      '10億円',
    ],
    ['Thai', 'รายได้ของบริษัทเท่าไร', 'พนักงานทำงานที่กรุงเทพ สำนักงานเปิดเก้าโมง รายได้ของบริษัทคือ 5 ล้านบาท', '5 ล้านบาท'],
    [
      'Arabic',
      'كم بلغت إيرادات الشركة؟',
      'تأسست المجموعة في دبي. بلغت إيرادات الشركة 5 ملايين دولار. المكتب مفتوح.',
      '5 ملايين',
    ],
    ['Hindi', 'कंपनी की आय कितनी थी?', 'कार्यालय दिल्ली में है। कंपनी की आय 5 करोड़ रुपये थी। कर्मचारी सौ हैं।', '5 करोड़'],
  ])('%s questions are answered', (_language, question, text, expected) => {
    const answer = answerExtractively(question, [passage(text)]);
    expect(answer.citations[0]?.quote).toContain(expected);
  });
});

describe('a reason stays with its statement', () => {
  test.each([
    [
      'in the next sentence',
      'Why did gross margin fall?',
      'Gross margin fell to 31 percent. This was mainly because steel became dearer. The office moved to Leeds.',
      'Gross margin fell to 31 percent. This was mainly because steel became dearer.',
    ],
    [
      'that begins with it',
      'Why did gross margin fall?',
      'The office moved. Gross margin fell to 31 percent. Because steel became dearer, more was paid for hulls.',
      'Gross margin fell to 31 percent. Because steel became dearer, more was paid for hulls.',
    ],
    [
      'in German',
      'Warum sank die Marge?',
      'Die Marge sank auf 31 Prozent. Das liegt daran, dass Stahl teurer wurde. Das Büro zog um.',
      'Die Marge sank auf 31 Prozent. Das liegt daran, dass Stahl teurer wurde.',
    ],
  ])('%s', (_where, question, text, expected) => {
    expect(answerExtractively(question, [passage(text)]).citations[0]?.quote).toBe(expected);
  });

  test('and what only follows does not', () => {
    const text = 'Gross margin fell to 31 percent. Because of this the office was closed. Nobody was hurt.';
    const [first] = answerExtractively('Why did gross margin fall?', [passage(text)]).citations;
    expect(first?.quote).toBe('Gross margin fell to 31 percent.');
  });
});

describe('hostile and odd text', () => {
  test.each([
    ['one long line', 'net income '.repeat(50_000)],
    ['no space at all', 'x'.repeat(500_000)],
    ['very many rows', 'net\tincome\n'.repeat(30_000)],
    ['one row of very many cells', `${'net\t'.repeat(50_000)}\n${'1\t'.repeat(50_000)}\n`],
    ['very many items', '- net income\n'.repeat(30_000)],
    ['emoji', '👩‍👩‍👧'.repeat(30_000)],
    ['marks', `${'?'.repeat(100_000)}${':'.repeat(100_000)}`],
  ])('takes little time for %s', (_name, text) => {
    const started = performance.now();
    const { citations } = answerExtractively('What was net income? '.repeat(100), [passage(text)]);
    expect(performance.now() - started).toBeLessThan(8_000);
    for (const { quote } of citations) expect(text).toContain(quote);
  });

  test('long sentences are cut between whole characters', () => {
    const text = '🗼'.repeat(1_000);
    const pieces = splitSentences(text, { start: 0, end: text.length });
    expect(pieces.map(({ start, end }) => text.slice(start, end)).join('')).toBe(text);
    expect(
      pieces.every(({ start, end }) => text.slice(start, end).isWellFormed() && end - start <= 400),
    ).toBe(true);
  });

  test('units are in order and inside the text', () => {
    const text =
      '# Title\nA sentence. Another one wrapped\nover two lines.\n\n1. First\n2. Second\n\na\tb\n1\t2\n';
    const units = splitUnits(text).map(({ kind, start, end }) => `${kind}: ${text.slice(start, end)}`);
    expect(units).toEqual([
      'sentence: A sentence.',
      'sentence: Another one wrapped\nover two lines.',
      'item: First',
      'item: Second',
      'header: a\tb',
      'row: 1\t2',
    ]);
  });
});
