import { describe, expect, test } from 'vitest';
import { namedIn, wantsSummary } from '../../src/answers/compose/question-intent.ts';

const names = ['X.pdf', 'Annual_Report-2025.docx'];

describe('a question asks for a summary', () => {
  test.each([
    'Summarise this document',
    'Please give me a short summary.',
    'tl;dr',
    'summarise X.pdf and its risks',
    'Summarize the annual report 2025',
    'Fasse das Dokument zusammen',
    'Résume ce document',
    '请总结一下',
  ])('%s', (question) => {
    expect(wantsSummary(question, names)).toBe(true);
  });
});

describe('a question about something in the documents is searched for', () => {
  test.each([
    'Can you summarize the differences between the two pricing plans?',
    'Summarise the risks for 2026',
    'What does the overview page say about latency?',
    'Who wrote it?',
  ])('%s', (question) => {
    expect(wantsSummary(question, names)).toBe(false);
  });
});

test('a document is named with or without its extension and separators', () => {
  expect(namedIn('What does annual report 2025 say?')('Annual_Report-2025.docx')).toBe(true);
  expect(namedIn('What does x.pdf say?')('X.pdf')).toBe(true);
  expect(namedIn('What does the report say?')('Annual_Report-2025.docx')).toBe(false);
});
