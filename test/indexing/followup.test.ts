import { describe, expect, it } from 'vitest';
import { readBackground } from '../../src/indexing/background.ts';
import { expandFollowUp, type Turn } from '../../src/indexing/followup.ts';

const options = { language: 'en', background: readBackground() };
const history: Turn[] = [
  { role: 'user', text: 'How does a mortgage work?' },
  { role: 'assistant', text: 'A mortgage is a loan secured by property.' },
  { role: 'user', text: 'What is an adjustable rate?' },
  { role: 'assistant', text: 'Its interest follows an index.' },
];

describe('a follow-up question', () => {
  it('is only itself on the first turn', () => {
    expect(expandFollowUp('What is a bond?', [], options)).toEqual([{ text: 'What is a bond?', weight: 1 }]);
  });

  it('borrows from earlier questions, the nearest most, and a little from the last answer', () => {
    const parts = expandFollowUp('Which is better?', history, options);
    expect(parts.map((part) => part.text)).toEqual([
      'Which is better?',
      history[2]!.text,
      history[0]!.text,
      history[3]!.text,
    ]);
    const weights = parts.map((part) => part.weight);
    expect(weights[0]).toBe(1);
    expect(weights[1]).toBeGreaterThan(weights[2]!);
    expect(weights[2]).toBeGreaterThan(weights[3]!);
  });

  it('borrows less when it says much itself', () => {
    const short = expandFollowUp('And then?', history, options);
    const long = expandFollowUp(
      'Which municipal bonds are exempt from the alternative minimum tax in Oregon?',
      history,
      options,
    );
    expect(long[1]!.weight).toBeLessThan(short[1]!.weight / 2);
  });

  it('looks back a bounded way', () => {
    const endless = Array.from({ length: 500 }, (): Turn => ({
      role: 'user',
      text: 'again '.repeat(10_000),
    }));
    expect(expandFollowUp('Why?', endless, options).length).toBeLessThan(10);
  });
});
