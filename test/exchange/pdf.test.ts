import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openFontFinder } from '../../src/exchange/formats/find-fonts.ts';
import { toPdf } from '../../src/exchange/formats/pdf.ts';
import type { Turn } from '../../src/exchange/transcript.ts';
import { until } from '../answers/support/until.ts';

const turnsOfAll = 30;
const charactersOfEach = 20_000;
/** More than the stream of a PDF holds by itself. */
const manyBytes = 1_000_000;

/** Words that hardly compress, in the letters that the font has. */
function noise(characters: number): string {
  const words = Array.from({ length: characters / 8 }, () =>
    String.fromCodePoint(...Array.from({ length: 7 }, () => 0xc0 + Math.floor(Math.random() * 0x170))),
  );
  return words.join(' ');
}

function longTranscript() {
  const told = { turns: 0, isEnded: false };
  async function* turns(): AsyncGenerator<Turn> {
    try {
      while (told.turns < turnsOfAll) {
        told.turns += 1;
        yield {
          role: 'user',
          content: noise(charactersOfEach),
          createdAt: new Date(0),
          notes: [],
          pages: [],
        };
      }
    } finally {
      told.isEnded = true;
    }
  }
  return { told, transcript: { title: 'Noise', createdAt: new Date(0), turns: turns() } };
}

test('a PDF larger than any buffer ends for a slow reader, and is laid out no faster than it is read', async () => {
  const { told, transcript } = longTranscript();
  const pdf = Readable.from(toPdf(transcript, openFontFinder(null)), { objectMode: false });
  const parts: Buffer[] = [];
  for await (const part of pdf as AsyncIterable<Buffer>) {
    parts.push(part);
    const before = told.turns;
    for (let at = 0; at < 10; at += 1) await nextTurn();
    // Until the stream holds what it may.
    expect(told.turns - before).toBeLessThan(5);
  }
  const whole = Buffer.concat(parts);
  expect(whole.length).toBeGreaterThan(manyBytes);
  expect(whole.subarray(-6).toString()).toBe('%%EOF\n');
  expect(told).toEqual({ turns: turnsOfAll, isEnded: true });
}, 180_000);

test('a PDF that nobody reads on reads no further messages, and others have their turn between its paragraphs', async () => {
  const { told, transcript } = longTranscript();
  const pdf = Readable.from(toPdf(transcript, openFontFinder(null)), { objectMode: false });
  const parts = pdf[Symbol.asyncIterator]();
  // Its first page is not full before some paragraphs are laid out.
  await parts.next();
  let turnsOfOthers = 0;
  const others = setInterval(() => (turnsOfOthers += 1), 0);
  while (told.turns < 2) await parts.next();
  clearInterval(others);
  expect(turnsOfOthers).toBeGreaterThan(2);
  pdf.destroy();
  await until('its messages are let go', () => told.isEnded);
  expect(told.turns).toBeLessThan(turnsOfAll);
}, 60_000);
