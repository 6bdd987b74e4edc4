import * as contract from '@alcove/contract';
import { describe, expect, test } from 'vitest';
import { sayInGerman, serverSentences, translate } from '../../web/src/lib/text/de/server-sentences.ts';
import { translator } from '../../web/src/lib/text/sentence-patterns.ts';
import { sentencesOfServer, type SentenceShape } from './support/server-sentences.ts';
import { hasWords, sentenceMark, valueMark } from './support/text-shapes.ts';
import { messagesOf } from './support/wrong-values.ts';

// The server speaks English; who reads German is told the same in German. What the sources can say is read from them,
// so that a sentence without its German is found here and not by its reader.

const known = 'Sign in first.';
/** A name, a number, or a sentence may stand where a value does. */
const fillers = ['‹x›', '7', known];
const found = sentencesOfServer();
const sentences = found.filter(({ shape }) => hasWords(shape) || isFrame(shape));
const refused = [...messagesOf(Object.values(contract))];

/** Put together of two parts that never come together. */
const impossible = ['Page {} and more is'];
/** The server makes it of the beginnings of other sentences: here as they are. */
const cut = '{}: tell whoever runs this server, or ask again later.';
const cutOnes = [
  'did not answer with a stream',
  'sent a response that is not valid',
  'returned embeddings that cannot be used',
  'returned scores that cannot be used',
  'cannot be reached',
  'refused the key',
  'does not have this model or address',
  'redirects to another address, which is not followed',
  'refused the request (HTTP 400)',
  'reported an error instead of an answer',
].map((what) => cut.replace('{}', `Ollama ${what}`));

/** Errors with the sentence of another: of a stream, of a parser's process, of an item that was read before. */
const passedOn = [
  'client/src/errors.ts',
  'src/answers/stream/follow.ts',
  'src/documents/prepare.ts',
  'src/exchange/import/prepare-items.ts',
  'src/formats/sandbox.ts',
];

describe('every sentence of the server', () => {
  test('is found where it is made', () => {
    expect(sentences.length).toBeGreaterThan(350);
    const shapes = sentences.map(({ shape }) => shape);
    // Those of tables, of functions, of what callers give, of other files, and of schemas.
    for (const part of [
      'stopped sending for',
      'Text recognition is not installed',
      'unpacks to more than 200 MB',
      'has {} pages, more than',
      'a password has at least 8 characters',
      'cannot be reached',
      'page {} of {}',
      'is not known: did you mean',
      'Documents were left out',
    ])
      expect(
        shapes.some((shape) => shown(shape).includes(part)),
        part,
      ).toBe(true);
  });

  test('that cannot be read where an error is made is one that came from elsewhere', () => {
    const unread = found.filter(({ shape, isThrown }) => isThrown && !hasWords(shape));
    expect([...new Set(unread.map(({ where }) => where.split(':')[0]))].toSorted()).toEqual(
      passedOn.toSorted(),
    );
  });

  test('has its German', () => {
    expect(
      sentences.filter((one) => germanOf(one) === null).map(({ where, shape }) => `${where} ${shown(shape)}`),
    ).toEqual([]);
  });

  test('has its German where its advice is left out', () => {
    expect(sentences.some(({ shape }) => shown(shape) === cut)).toBe(true);
    expect(cutOnes.filter((sentence) => translate(sentence) === null)).toEqual([]);
  });

  test('has its German where a schema refuses a value', () => {
    expect(refused.length).toBeGreaterThan(10);
    expect(refused.filter((message) => translate(message) === null)).toEqual([]);
  });

  test('and no other has one', () => {
    // Says which entries it uses, instead of what they say.
    const name = translator(
      Object.fromEntries(
        Object.entries(serverSentences).map(([key, say]) => [
          key,
          typeof say === 'string' ? `⟦${key}⟧` : (...values: string[]) => [`⟦${key}⟧`, ...values].join(''),
        ]),
      ),
    );
    const used = [...sentences.flatMap(filled), ...refused, ...cutOnes]
      .map((text) => name(text)?.text ?? '')
      .join('\n');
    expect(Object.keys(serverSentences).filter((key) => !used.includes(`⟦${key}⟧`))).toEqual([]);
  });
});

/** The sentence in German, when it takes nothing but values from the English one. */
function germanOf(sentence: SentenceShape): string | null {
  if (shown(sentence.shape) === cut || impossible.some((part) => shown(sentence.shape).includes(part)))
    return '';
  for (const text of filled(sentence)) {
    const said = translate(text);
    // Two words in a row are no name: they would be shown in English.
    if (said !== null && said.values.every((value) => !/\p{L}{2}[ ,]+\p{L}{2}/u.test(value)))
      return said.text;
  }
  return null;
}

/** Such as `{}: {sentence}`. */
function isFrame(shape: string): boolean {
  return shape.includes(sentenceMark) && /[^\s\uE000\uE001]/.test(shape);
}

function filled({ shape }: SentenceShape): string[] {
  return shape
    .replaceAll(sentenceMark, known)
    .split(valueMark)
    .reduce<string[]>(
      (before, part, at) =>
        at === 0 ? [part] : before.flatMap((text) => fillers.map((filler) => text + filler + part)),
      [],
    );
}

function shown(shape: string): string {
  return shape.replaceAll(valueMark, '{}').replaceAll(sentenceMark, '{sentence}');
}

const german = (sentence: string): string => sayInGerman(sentence).text;

describe('in German', () => {
  test.each([
    [
      'At most 1 uploads at once: wait for one to end.',
      'Höchstens 1 Upload auf einmal: Warten Sie, bis einer fertig ist.',
    ],
    [
      'At most 1500 uploads at once: wait for one to end.',
      'Höchstens 1.500 Uploads auf einmal: Warten Sie, bis einer fertig ist.',
    ],
    [
      '1 document is still being read and was not searched.',
      '1 Dokument wird noch gelesen und wurde nicht durchsucht.',
    ],
    [
      '3 documents are still being read and were not searched.',
      '3 Dokumente werden noch gelesen und wurden nicht durchsucht.',
    ],
    ['It has more than 50,000 messages.', 'Er hat mehr als 50.000 Nachrichten.'],
    ['The files are larger than 0.5 GB.', 'Die Dateien sind zusammen größer als 0,5 GB.'],
    ['page 41 of 159', 'Seite 41 von 159'],
    [
      'The model server stopped sending for 1 seconds in the middle of the answer: ask again.',
      'Der Modellserver hat mitten in der Antwort 1 Sekunde lang nichts gesendet: Fragen Sie noch einmal.',
    ],
    [
      'OpenAI refused the key: check OPENAI_API_KEY.',
      'OpenAI hat den Schlüssel abgelehnt: Prüfen Sie OPENAI_API_KEY.',
    ],
  ])('counts right: %s', (sentence, said) => {
    expect(german(sentence)).toBe(said);
  });

  test('names stay as they are, whatever is in them', () => {
    const name = 'a" is a picture, of <b>{sentence}</b> ${x} documents: 1; .png';
    expect(
      german(
        `"${name}" has 7 tokens, more than the 5 that are left of the model's window: the summary rests on 1 of its 2 passages, spread over the whole.`,
      ),
    ).toContain(`„${name}“ hat 7 Token`);
    expect(german(`${name} cannot be unpacked.`)).toBe(`${name} lässt sich nicht auspacken.`);
  });

  test('a sentence within a sentence is translated with it', () => {
    expect(
      german(
        'Semantic search failed and only keyword search ran: Ollama refused the key: check LLM_API_KEY.',
      ),
    ).toBe(
      'Die Suche nach Bedeutung ist gescheitert, gesucht wurde nur nach Worten: Ollama hat den Schlüssel abgelehnt: Prüfen Sie LLM_API_KEY.',
    );
    expect(german('The request is not valid at "password": a password has at least 8 characters.')).toBe(
      '„password“ ist nicht gültig: ein Passwort hat mindestens 8 Zeichen.',
    );
    expect(
      german(
        'The PDF holds pictures of pages but no text. Run text recognition (OCR) on it and upload the result. Text recognition is switched off (OCR=off).',
      ),
    ).toMatch(/^Das PDF besteht aus Bildern von Seiten.* Die Texterkennung ist ausgeschaltet \(OCR=off\)\.$/);
    expect(
      german(
        'Documents were left out: a.pdf: it is not in the archive; b.pdf: A conversation holds at most 1 documents: delete some and try again.',
      ),
    ).toBe(
      'Dokumente fehlen: a.pdf: nicht im Archiv; b.pdf: Ein Gespräch fasst höchstens 1 Dokument: Löschen Sie einige, dann versuchen Sie es noch einmal.',
    );
  });

  test('what another version says is kept, behind what its code means', () => {
    const newer = 'The moon is in the way: wait for it to move.';
    expect(sayInGerman(newer, 'not_found')).toEqual({
      text: 'Das gibt es nicht oder nicht mehr.',
      original: newer,
    });
    expect(sayInGerman(newer, 'of_the_moon').text).toBe('Auf dem Server ist etwas schiefgegangen.');
    expect(sayInGerman(newer)).toEqual({ text: '', original: newer });
    // A part that is not known is shown neither as German nor without its beginning.
    const half = `will be tried again: ${newer}`;
    expect(sayInGerman(half)).toEqual({ text: '', original: half });
  });

  test('what is far longer than any sentence is not looked up', () => {
    const long = 'will be tried again: '.repeat(100_000);
    expect(sayInGerman(long)).toEqual({ text: '', original: long });
  });
});
