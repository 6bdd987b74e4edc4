import { describe, expect, it } from 'vitest';
import { decodeText } from '../../src/formats/encoding.ts';
import { read } from './read.ts';
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

describe('a paragraph in an encoding of one byte', () => {
  /** Each byte's character, turned round. */
  function encode(text: string, encoding: string): Buffer {
    const decoder = new TextDecoder(encoding);
    const bytes = new Map(
      Array.from({ length: 256 }, (_, byte) => [decoder.decode(Uint8Array.of(byte)), byte]),
    );
    // Windows-1258 has the vowels of Vietnamese, and their tones apart.
    const parts = Array.from(text).flatMap((letter) => {
      if (bytes.has(letter)) return [letter];
      const [base = '', ...marks] = letter.normalize('NFD');
      const vowel = marks.filter((mark) => !bytes.has(mark)).join('');
      return [`${base}${vowel}`.normalize('NFC'), ...marks.filter((mark) => bytes.has(mark))];
    });
    return Buffer.from(parts.map((part) => bytes.get(part) ?? 0x3f));
  }

  it.each([
    [
      'windows-1258',
      'Tất cả mọi người sinh ra đều được tự do và bình đẳng về nhân phẩm và quyền lợi. Mọi con người đều được tạo hoá ban cho lý trí và lương tâm.',
    ],
    [
      'windows-1257',
      'Visi žmonės gimsta laisvi ir lygūs savo orumu ir teisėmis. Jiems suteiktas protas ir sąžinė ir jie turi elgtis vienas kito atžvilgiu kaip broliai.',
    ],
    ['windows-874', 'มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ ต่างมีเหตุผลและมโนธรรม'],
    [
      'windows-1254',
      'Bütün insanlar hür, haysiyet ve haklar bakımından eşit doğarlar. Akıl ve vicdana sahiptirler ve birbirlerine karşı kardeşlik zihniyeti ile hareket etmelidirler.',
    ],
    [
      'windows-1250',
      'Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw. Są oni obdarzeni rozumem i sumieniem.',
    ],
    [
      'windows-1252',
      'Alle Menschen sind frei und gleich an Würde und Rechten geboren. Sie sollen einander im Geiste der Brüderlichkeit begegnen – überall.',
    ],
    ['windows-1251', 'Все люди рождаются свободными и равными в своем достоинстве и правах.'],
  ])('%s', (encoding, text) => {
    expect(decodeText(encode(text, encoding)).text).toBe(text);
  });
});

describe('an encoding that could only be guessed', () => {
  const few = Buffer.from('6e61ef766520636166e9', 'hex');
  const told = [expect.stringMatching(/read as windows-1252\. .*UTF-8/)];

  it.each(['notes.txt', 'notes.md', 'notes.csv', 'notes.html', 'notes.py'])('is told in %s', async (name) => {
    const text = name === 'notes.html' ? [Buffer.from('<p>'), few, Buffer.from('</p>')] : [few];
    expect((await read(Buffer.concat(text), name)).warnings).toEqual(told);
  });

  it('is not told where many letters leave no doubt, or the text says it', () => {
    const many =
      'Alle Menschen sind frei und gleich an Würde und Rechten geboren, begabt mit Vernunft. '.repeat(9);
    expect(decodeText(Buffer.from(many, 'latin1')).warnings).toEqual([]);
    expect(decodeText(Buffer.from(many)).warnings).toEqual([]);
    expect(decodeText(few, 'iso-8859-1').warnings).toEqual([]);
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
