import { describe, expect, it } from 'vitest';
import { decodeText } from '../../src/formats/encoding.ts';
import { entriesOf, hasSharedData, readShared } from './shared-data.ts';

describe.skipIf(!hasSharedData)('texts in the encodings of others', () => {
  it.each(entriesOf('encodings'))('decodes $file exactly', ({ file, expected }) => {
    const { text } = decodeText(readShared(`data/${file}`));
    expect(text).toBe(readShared(`data/${expected}`).toString());
  });
});

describe('short texts in legacy encodings', () => {
  /** Bytes as hexadecimal, made with iconv. */
  const samples: [string, string, string][] = [
    ['windows-1252', 'naïve café', '6e61ef76652063 6166e9'],
    ['windows-1252', '“quoted” – Euro € 8', '9371756f7465649420 96204575726f2080 2038'],
    ['windows-1251', 'Привет, как дела?', 'cff0e8e2e5f22c20eae0ea20e4e5ebe03f'],
    ['koi8-r', 'Привет, как дела?', 'f0d2c9d7c5d42c20cbc1cb20c4c5ccc13f'],
    ['shift_jis', 'こんにちは世界', '82b182f182c982bf82cd90a28a45'],
    ['iso-8859-2', 'Zażółć gęślą jaźń', '5a61bff3b3e62067eab66cb1206a61bcf1'],
    ['iso-8859-7', 'Καλημέρα κόσμε', 'cae1ebe7ecddf1e120eafcf3ece5'],
  ];

  it.each(samples)('%s: %s', (_encoding, text, hex) => {
    expect(decodeText(Buffer.from(hex.replaceAll(' ', ''), 'hex')).text).toBe(text);
  });
});

describe('Unicode', () => {
  const text = 'Ünïcödé — naïve café €100 Привет 你好 👩‍👩‍👧';

  it('drops the byte order mark and keeps the rest', () => {
    expect(decodeText(Buffer.from(`\ufeff${text}`)).text).toBe(text);
    expect(decodeText(Buffer.from(`\ufeff${text}`, 'utf16le')).text).toBe(text);
    expect(decodeText(Buffer.from(`\ufeff${text}`, 'utf16le').swap16()).text).toBe(text);
  });

  it('knows UTF-16 by its zero bytes', () => {
    expect(decodeText(Buffer.from('plain english text without any mark', 'utf16le')).text).toBe(
      'plain english text without any mark',
    );
  });

  it('uses the declared encoding where the bytes are not UTF-8', () => {
    expect(decodeText(Buffer.from('cff0e8e2e5f2', 'hex'), 'windows-1251').text).toBe('Привет');
    expect(decodeText(Buffer.from('Привет'), 'windows-1251').text).toBe('Привет');
  });
});
