import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Place, wholePool } from '../collection.ts';
import { type Passage, readJudgements, readLines, readPassages } from '../datasets.ts';
import { EvalError } from '../eval-error.ts';
import { readFilingCollection } from '../filing-collection.ts';
import { packPassages } from '../pack-passages.ts';
import type { AnswerSet, GoldQuestion } from './answer-set.ts';

interface QuotedQuery {
  _id: string;
  text: string;
  /** XQuAD: any of them; TAT-QA: all of them, or a figure that was computed. */
  answers?: string[];
  answer?: string[] | number | string;
  answer_type?: string;
  doc?: string;
}

/**
 * The questions of FinanceBench, TAT-QA and XQuAD (English), each set as it is asked.
 * @throws EvalError when the folder has not got them
 */
export function readAnswerSets(folder: string): AnswerSet[] {
  for (const set of ['financebench', 'tatqa', 'xquad'])
    if (!existsSync(join(folder, set)))
      throw new EvalError(
        `There is no ${set} in ${folder}: name the folder that holds financebench, tatqa and xquad.`,
      );
  return [
    filings(join(folder, 'financebench')),
    ...reports(join(folder, 'tatqa')),
    ...paragraphs(join(folder, 'xquad', 'en')),
  ];
}

function filings(folder: string): AnswerSet {
  const { places, questions, judgements } = readFilingCollection(folder, {
    queries: undefined,
    qrels: undefined,
    pool: undefined,
  });
  return {
    name: 'FinanceBench, own filing',
    places,
    questions: questions.map((question) => ({
      ...question,
      gold: null,
      pages: pagesOf(judgements, question.id),
    })),
    targets: [
      { score: 'any page', least: 0.65 },
      { score: 'first page', least: 0.45 },
    ],
  };
}

/** Only answers that stand in the report can be quoted: a sum or a count is no quotation. */
function reports(folder: string): AnswerSet[] {
  const passages = readPassages(join(folder, 'corpus.jsonl.gz'));
  const judgements = readJudgements(join(folder, 'qrels.tsv'));
  const questions = [...readLines<QuotedQuery>(join(folder, 'queries.jsonl'))].map(
    ({ _id: id, text, doc = '', answer, answer_type: type }): GoldQuestion => ({
      id,
      text,
      place: doc,
      gold: (type === 'span' || type === 'multi-span') && Array.isArray(answer) ? answer : null,
      pages: pagesOf(judgements, id),
    }),
  );
  const byReport = Map.groupBy(passages, (passage) => passage.document ?? '');
  return [
    {
      name: 'TAT-QA, own report',
      places: [...byReport].map(([key, own]): Place => ({ key, files: packPassages(own) })),
      questions,
      targets: [{ score: 'quote', least: 0.86 }],
    },
    {
      name: 'TAT-QA, all reports',
      places: [{ key: wholePool, files: packPassages(passages) }],
      questions: questions.map((question) => ({ ...question, place: wholePool })),
      targets: [{ score: 'quote', least: 0.72 }],
    },
  ];
}

/** Present: all paragraphs. Absent: the other half of the articles, and everything but the one paragraph. */
function paragraphs(folder: string): AnswerSet[] {
  const passages = readPassages(join(folder, 'corpus.jsonl.gz'));
  const judgements = readJudgements(join(folder, 'qrels.tsv'));
  const questions = [...readLines<QuotedQuery>(join(folder, 'queries.jsonl'))].map(
    ({ _id: id, text, answers = [] }): GoldQuestion => ({
      id,
      text,
      place: wholePool,
      gold: answers,
      pages: pagesOf(judgements, id),
    }),
  );
  const placeWithout = (key: string, isLeftOut: (passage: Passage) => boolean): Place => ({
    key,
    files: packPassages(passages.filter((passage) => !isLeftOut(passage))),
  });
  const halfOf = (id: string): string => `half ${Math.floor(articleOf(id) / 2) % 2}`;
  const partOf = (id: string): string => `part ${paragraphOf(id) % parts}`;
  const absent = (name: string, placeOf: (id: string) => string, keys: readonly string[]): AnswerSet => ({
    name,
    places: keys.map((key) => placeWithout(key, ({ id }) => placeOf(id) === key)),
    questions: questions.map((question) => ({
      ...question,
      gold: null,
      place: placeOf([...question.pages][0] ?? ''),
      pages: new Set<string>(),
    })),
    targets: [],
  });
  const halves = absent('XQuAD en, article absent', halfOf, ['half 0', 'half 1']);
  return [
    {
      name: 'XQuAD en, all paragraphs',
      places: [{ key: wholePool, files: packPassages(passages) }],
      questions,
      targets: [
        { score: 'any page', least: 0.97 },
        { score: 'length', most: 300 },
        { score: 'direct', least: 0.94 },
      ],
    },
    { ...halves, targets: [{ score: 'direct', most: 0.03 }] },
    absent(
      'XQuAD en, paragraph absent',
      partOf,
      Array.from({ length: parts }, (_, at) => `part ${at}`),
    ),
  ];
}

/** Paragraphs that are taken of each article. Ids are `a08p3`, and a half of the data may have only even articles. */
const parts = 5;

function articleOf(id: string): number {
  return Number(/^a(\d+)/.exec(id)?.[1] ?? 0);
}

function paragraphOf(id: string): number {
  return Number(/p(\d+)$/.exec(id)?.[1] ?? 0);
}

function pagesOf(judgements: ReturnType<typeof readJudgements> | null, id: string): ReadonlySet<string> {
  return new Set(judgements?.get(id)?.keys());
}
