import { describe, expect, test } from 'vitest';
import { answerExtractively } from '../../src/answers/extractive/extractive.ts';
import { passage, quotesOf } from './support/passages.ts';

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
