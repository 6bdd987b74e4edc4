import { describe, expect, test } from 'vitest';
import { askedPart } from '../../src/answers/extractive/asked-part.ts';
import { answerExtractively } from '../../src/answers/extractive/extractive.ts';
import { splitUnits } from '../../src/answers/extractive/quotable-units.ts';
import { splitSentences } from '../../src/answers/extractive/sentences.ts';
import { passage, quotesOf } from './support/passages.ts';

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

  test('quotes shortly what another passage says that fits nearly as well', () => {
    const question = 'Who guards the heron colony at the lake at night in spring?';
    const best = 'The heron colony at the lake is guarded in spring.';
    const beside = (text: string) => quotesOf(question, passage(best), passage(text, 2, { score: 0.8 }));
    const short = 'Herons and rangers are at the lake at night in spring.';
    expect(beside(short)).toEqual([best, short]);
    expect(beside('Herons are there, too.')).toEqual([best]);
    const long = `${short.slice(0, -1)}, ${'which is where they have been seen for many years, '.repeat(4)}they say.`;
    expect(beside(long)).toEqual([best]);
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
