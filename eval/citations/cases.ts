import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { sentenceEnds } from '../../src/answers/extractive/sentences.ts';

/** A statement that cites a passage, and how it came about. */
export interface CitationCase {
  set: string;
  kind: string;
  statement: string;
  passage: string;
}

interface Question {
  text: string;
  answers: string[];
  passage: string;
}

/** The cases of XQuAD (English, its translations), TAT-QA and LoCoMo below the folder, always the same. */
export function readCases(folder: string): CitationCase[] {
  return [
    ...casesOf('xquad-en', paragraphsOf(join(folder, 'xquad/en')), questionsOf(join(folder, 'xquad/en'))),
    ...casesOf('xquad-de', paragraphsOf(join(folder, 'xquad/de')), questionsOf(join(folder, 'xquad/de'))),
    ...casesOf('xquad-es', paragraphsOf(join(folder, 'xquad/es')), questionsOf(join(folder, 'xquad/es'))),
    ...['ar', 'de', 'el', 'es', 'hi', 'ro', 'ru', 'th', 'tr', 'vi', 'zh'].flatMap((language) =>
      translations(folder, language),
    ),
    ...casesOf('tatqa', paragraphsOf(join(folder, 'tatqa')), questionsOf(join(folder, 'tatqa'))),
    ...rowCases(paragraphsOf(join(folder, 'tatqa'))),
    ...casesOf('locomo', paragraphsOf(join(folder, 'locomo')), []),
  ];
}

function paragraphsOf(folder: string): Map<string, string> {
  const rows = gunzipSync(readFileSync(join(folder, 'corpus.jsonl.gz')))
    .toString()
    .trim()
    .split('\n');
  return new Map(
    rows.map((row) => {
      const { _id, text } = JSON.parse(row) as { _id: string; text: string };
      return [_id, text];
    }),
  );
}

function questionsOf(folder: string): Question[] {
  const paragraphs = paragraphsOf(folder);
  const judged = new Map(
    readFileSync(join(folder, 'qrels.tsv'), 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => [line.split('\t')[0] ?? '', line.split('\t')[1] ?? '']),
  );
  return readFileSync(join(folder, 'queries.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .flatMap((line) => {
      const { _id, text, answers } = JSON.parse(line) as { _id: string; text: string; answers?: string[] };
      const passage = paragraphs.get(judged.get(_id) ?? '');
      return passage === undefined ? [] : [{ text, answers: answers ?? [], passage }];
    });
}

function casesOf(
  set: string,
  paragraphs: Map<string, string>,
  questions: readonly Question[],
): CitationCase[] {
  const all = [...paragraphs.values()].filter((text) => !text.includes(' | '));
  const cases: CitationCase[] = [];
  const add = (kind: string, statement: string | null, passage: string): void => {
    if (statement !== null) cases.push({ set, kind, statement, passage });
  };
  for (const [at, passage] of all.entries()) {
    const sentences = sentencesOf(passage).filter((one) => one.split(/\s+/).length >= 6);
    const other = all[(at + 1) % all.length] ?? '';
    for (const sentence of sentences.slice(0, 4)) {
      add('exact', sentence, passage);
      add('quoted', `The text says: “${sentence.replace(/["“”„«»]/g, '’').replace(/[.!?]$/, '')}”`, passage);
      add('numbers changed', changeNumber(sentence, passage), passage);
      if (set !== 'xquad-de' && set !== 'xquad-es') add('negated', negate(sentence), passage);
      if (set === 'xquad-en' || set === 'tatqa' || set === 'locomo')
        add('paraphrased', paraphrase(sentence), passage);
      if (other !== passage) add('another paragraph', sentence, other);
    }
  }
  for (const [at, { answers, passage }] of questions.entries()) {
    const [answer] = answers;
    const sentence = sentencesOf(passage).find((one) => answer !== undefined && one.includes(answer));
    if (answer === undefined || sentence === undefined || passage.includes(' | ')) continue;
    const another = swapFor(answer, questions, at);
    if (another !== undefined && !passage.includes(another))
      add('answer swapped', sentence.replace(answer, another), passage);
  }
  return cases;
}

/** Rows of tables: said as a sentence, with the figure of the row and with another one. */
function rowCases(paragraphs: Map<string, string>): CitationCase[] {
  const cases: CitationCase[] = [];
  for (const passage of paragraphs.values()) {
    if (!passage.includes(' | ')) continue;
    const lines = passage.split('\n');
    const years = lines
      .slice(0, 3)
      .find((line) => /\b(?:19|20)\d\d\b/.test(line))
      ?.split('|')
      .map((cell) => cell.trim());
    for (const line of lines.slice(2, 6)) {
      const cells = line.split('|').map((cell) => cell.trim());
      const figure = cells.findIndex((cell, at) => at > 0 && /^\$?\s*[\d,.]{3,}%?$/.test(cell));
      const [label = ''] = cells;
      const year = years?.[figure];
      if (figure === -1 || !/\p{L}{4}/u.test(label) || year === undefined || !/^(?:19|20)\d\d$/.test(year))
        continue;
      const value = (cells[figure] ?? '').replace(/\s+/g, '');
      const statement = `${label} came to ${value} in ${year}.`;
      cases.push({ set: 'tatqa-rows', kind: 'figure of a row', statement, passage });
      const changed = changeNumber(value, passage);
      if (changed !== null)
        cases.push({
          set: 'tatqa-rows',
          kind: 'numbers changed',
          statement: statement.replace(value, changed),
          passage,
        });
      const other = cells.find(
        (cell, place) => place > figure && /^\$?\s*[\d,.]{3,}%?$/.test(cell) && cell !== cells[figure],
      );
      if (other !== undefined)
        cases.push({
          set: 'tatqa-rows',
          kind: 'figure of another year',
          statement: `${label} came to ${other.replace(/\s+/g, '')} in ${year}.`,
          passage,
        });
    }
  }
  return cases;
}

/** Sentence by sentence where both languages have as many, cited for its own paragraph and for the next one. */
function translations(folder: string, language: string): CitationCase[] {
  const english = paragraphsOf(join(folder, 'xquad/en'));
  const foreign = paragraphsOf(join(folder, `xquad/${language}`));
  const set = `xquad-${language}`;
  const cases: CitationCase[] = [];
  const ids = [...english.keys()];
  for (const [at, id] of ids.entries()) {
    const next = ids[(at + 1) % ids.length] ?? '';
    for (const [said, cited] of [
      [foreign, english],
      [english, foreign],
    ] as const) {
      const passage = cited.get(id) ?? '';
      const sentences = sentencesOf(said.get(id) ?? '');
      if (sentences.length !== sentencesOf(passage).length || sentences.length < 2) continue;
      for (const statement of sentences.slice(0, 2)) {
        const add = (kind: string, one: string | null, text: string): void => {
          if (one !== null) cases.push({ set, kind, statement: one, passage: text });
        };
        add('translation', statement, passage);
        add('translation, another paragraph', statement, cited.get(next) ?? '');
        add('translation, numbers changed', changeNumber(statement, passage), passage);
        if (said === english) add('translation, negated', negate(statement), passage);
      }
    }
  }
  return [...cases, ...swappedTranslations(folder, language, english)];
}

/** The sentence of another language that holds the answer, with another answer of that language in its place. */
function swappedTranslations(
  folder: string,
  language: string,
  english: ReadonlyMap<string, string>,
): CitationCase[] {
  const foreign = paragraphsOf(join(folder, `xquad/${language}`));
  const idOf = new Map([...foreign].map(([id, text]) => [text, id]));
  return casesOf(`xquad-${language}`, new Map(), questionsOf(join(folder, `xquad/${language}`))).map(
    (one) => ({
      ...one,
      kind: 'translation, answer swapped',
      passage: english.get(idOf.get(one.passage) ?? '') ?? '',
    }),
  );
}

function sentencesOf(text: string): string[] {
  let start = 0;
  return sentenceEnds(text.replaceAll('\n', ' ')).map((end) => {
    const sentence = text.slice(start, end).trim();
    start = end;
    return sentence;
  });
}

/** One digit of the last number raised by one, so that the passage does not hold the number. */
function changeNumber(sentence: string, passage: string): string | null {
  const numbers = [...sentence.matchAll(/(?<![\p{L}\d.,-])\d[\d,.]*\d|(?<![\p{L}\d.,-])\d(?![\d\p{L}])/gu)];
  const chosen = numbers[Math.floor(numbers.length / 2)];
  if (chosen === undefined) return null;
  for (const step of [1, 2, 3, 4]) {
    const changed = chosen[0].replace(/\d(?=\D*$)/, (digit) => String((Number(digit) + step) % 10));
    if (!new RegExp(`(?<!\\d)${changed.replace(/[.]/g, '\\.')}(?!\\d)`).test(passage))
      return sentence.slice(0, chosen.index) + changed + sentence.slice(chosen.index + chosen[0].length);
  }
  return null;
}

function negate(sentence: string): string | null {
  if (/\b(?:not|no|never|none|nor|without)\b|n['’]t\b/i.test(sentence)) return null;
  const auxiliary = /\b(is|are|was|were|will|would|can|could|should|has|have|had|may|must)\b/.exec(sentence);
  if (auxiliary === null) return null;
  const end = auxiliary.index + auxiliary[0].length;
  return `${sentence.slice(0, end)} not${sentence.slice(end)}`;
}

const synonyms: readonly [RegExp, string][] = [
  [/\bled\b/g, 'headed'],
  [/\balso\b/g, 'as well'],
  [/\bhowever\b/gi, 'but'],
  [/\bsuch as\b/g, 'like'],
  [/\bbecause\b/g, 'since'],
  [/\bbegan\b/g, 'started'],
  [/\blarge\b/g, 'big'],
  [/\bmany\b/g, 'numerous'],
  [/\bmade\b/g, 'produced'],
  [/\bused\b/g, 'employed'],
  [/\bshow(s|ed)?\b/g, 'demonstrate$1'],
  [/\bhelp(s|ed)?\b/g, 'assist$1'],
  [/\breally\b/g, 'truly'],
  [/\bgreat\b/g, 'wonderful'],
];

/** Synonyms, and the part behind the first comma before the other: the same said otherwise. */
function paraphrase(sentence: string): string | null {
  let said = sentence;
  for (const [pattern, other] of synonyms) said = said.replace(pattern, other);
  const [first, ...rest] = said.replace(/[.!?]$/, '').split(/, /);
  if (first === undefined || rest.length === 0) return said === sentence ? null : said;
  return `${rest.join(', ')}: ${first.slice(0, 1).toLowerCase()}${first.slice(1)}.`;
}

function swapFor(answer: string, questions: readonly Question[], at: number): string | undefined {
  const kind = kindOf(answer);
  for (let step = 7; step < 400; step += 1) {
    const other = questions[(at + step) % questions.length]?.answers[0];
    if (other !== undefined && kindOf(other) === kind && other !== answer) return other;
  }
  return undefined;
}

function kindOf(answer: string): string {
  if (/^[\d.,%$ ]+$/.test(answer)) return 'number';
  if (/\d/.test(answer)) return 'with number';
  return /^\p{Lu}/u.test(answer) ? 'name' : `words ${Math.min(4, answer.split(' ').length)}`;
}
