import { describe, expect, it } from 'vitest';
import { analyze } from '../../src/indexing/analyze.ts';
import { detectLanguage } from '../../src/indexing/language.ts';
import { splitWords } from '../../src/indexing/words.ts';
import { createRandom } from '../../bench/synthetic/seeded.ts';

describe('analysis', () => {
  it('folds case, width, accents and inflection', () => {
    expect(analyze('Ｃａｆés RUNNING runs', 'en')).toEqual(['cafe', 'run', 'run']);
    expect(analyze('Häuser', 'de')).toEqual(analyze('Hauser', 'de'));
    expect(analyze('İSTANBUL', 'tr')).toEqual(analyze('istanbul', 'tr'));
  });

  it('keeps the tones that tell Vietnamese words apart', () => {
    expect(analyze('bán bàn', 'vi')).toEqual(['bán', 'bàn']);
  });

  it('reads numbers, years and filings in one spelling each', () => {
    expect(analyze('$1,234.5 1.234,5 1234.5', 'und')).toEqual(['1234.5', '1234.5', '1234.5']);
    expect(analyze('1,577 1577', 'und')).toEqual(['1577', '1577']);
    expect(analyze('FY2022 Q2 2023', 'en')).toEqual(['fy', '2022', 'q2', '2023']);
    expect(analyze('10-K 10K', 'en')).toEqual(['10k', '10k']);
  });

  it('makes bigrams where no spaces are written, and keeps other scripts beside them whole', () => {
    expect(analyze('東京タワー', 'ja')).toEqual(['東京', '京タ', 'タワ', 'ワー']);
    expect(analyze('iPhone手机', 'zh')).toEqual(['iphone', '手机']);
    expect(analyze('회사는', 'ko')).toEqual(['회사', '사는']);
    expect(analyze('รถไฟ', 'th')).toEqual(['รถ', 'ถไ', 'ไฟ']);
    expect(analyze('水', 'zh')).toEqual(['水']);
  });

  it('finds the same words whether all of the text is ASCII or not', () => {
    const characters = Array.from('abz AZ019.,-_\'"$%()\n\0FY2022 10-K h12020 1,234.5');
    const random = createRandom(7);
    for (let round = 0; round < 5000; round += 1) {
      const text = Array.from(
        { length: 1 + random.below(14) },
        () => characters[random.below(characters.length)],
      ).join('');
      expect(splitWords(text), JSON.stringify(text)).toEqual(splitWords(`${text} é`).slice(0, -1));
    }
  });

  it('drops invisible characters inside words', () => {
    expect(analyze('co\u00adoperate \u200bzero', 'und')).toEqual(['cooperate', 'zero']);
  });

  it('takes time in proportion to hostile text', () => {
    const hostile = [
      `a${'\u0301\u0323'.repeat(500_000)}`,
      'a'.repeat(1_000_000),
      '1,'.repeat(500_000),
      '1,234'.repeat(200_000),
      '漢'.repeat(300_000),
      'ab'.repeat(40).concat(' ').repeat(10_000),
    ];
    const started = performance.now();
    for (const text of hostile) analyze(text, 'en');
    expect(performance.now() - started).toBeLessThan(8_000);
  });
});

describe('language detection', () => {
  it('names the language of a paragraph', () => {
    expect(
      detectLanguage('The quarterly report shows that revenue has grown in every region of the country.'),
    ).toBe('en');
    expect(
      detectLanguage('Der Bericht zeigt, dass der Umsatz in allen Regionen des Landes gewachsen ist.'),
    ).toBe('de');
    expect(detectLanguage('这份季度报告显示，全国各地区的收入均有所增长。')).toBe('zh');
    expect(detectLanguage('Отчёт показывает, что выручка выросла во всех регионах страны.')).toBe('ru');
  });

  it('does not guess from figures', () => {
    expect(detectLanguage('12 34 56\n78 90')).toBe('und');
    expect(detectLanguage('')).toBe('und');
  });
});
