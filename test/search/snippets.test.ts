import { describe, expect, test } from 'vitest';
import { groupsOf } from '../../src/search/lexemes.ts';
import { cutSnippet, placeWords } from '../../src/search/marks.ts';

function snippetOf(text: string, query: string): { text: string; marked: string[] } {
  const cut = cutSnippet(text, placeWords(text, groupsOf(query)));
  return { text: cut.text, marked: cut.ranges.map(({ start, end }) => cut.text.slice(start, end)) };
}

describe('a snippet', () => {
  const many = Array.from({ length: 80 }, (_, at) => `number${at}`).join(' ');

  test('of a short text is all of it', () => {
    expect(snippetOf('. One vessel (the oldest).', 'vessels')).toEqual({
      text: '. One vessel (the oldest).',
      marked: ['vessel'],
    });
  });

  test('begins and ends with whole words, and says where the text goes on', () => {
    const { text, marked } = snippetOf(`${many}. Our vessel sails. ${many}`, 'vessel');
    expect(text).toMatch(/^… number\d+ .*number\d+ …$/);
    for (const word of text.slice(2, -2).match(/number\d*/g) ?? []) expect(many.split(' ')).toContain(word);
    expect(marked).toEqual(['vessel']);
  });

  test('keeps the mark that closes its last word', () => {
    const sentence = `${'a'.repeat(30)} `.repeat(7);
    const { text } = snippetOf(`vessel ${sentence}the end). Afterwards ${many}`, 'vessel');
    expect(text).toMatch(/the end\)\. …$/);
  });

  test('of a text without spaces is as long as others, with no half of a character', () => {
    const { text, marked } = snippetOf('東京'.repeat(400), '東京');
    expect(text.length).toBeLessThan(260);
    expect(marked.join('')).toBe('東京'.repeat(120));
    for (const lead of ['', 'a']) {
      const faces = snippetOf(`${lead}${'😀'.repeat(100)} vessel ${'😀'.repeat(300)}`, 'vessel');
      expect(faces.text).not.toContain('\uFFFD');
      expect(faces.marked).toEqual(['vessel']);
    }
  });
});
