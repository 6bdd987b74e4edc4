import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Background } from '../../src/indexing/background.ts';
import { searchKeyword } from '../../src/indexing/bm25.ts';
import { conversationOf, type Dataset, readDataset, readRun } from '../datasets.ts';
import { seededRandom } from '../metrics.ts';
import { indexPassages } from '../passage-index.ts';
import { conversationOver, type FusedConversation, legDepth, shuffle } from './conversation.ts';

const runs = [
  ['BGE', 'bge_base_1.5'],
  ['ELSER', 'elser'],
] as const;
const sizes = [20, 50, 100, 200, 1000];
/** Up to here a list holds every passage, and those that its run does not know follow in an order drawn by lot. */
const wholeLists = 100;

/** Questions, passages, and the language whose keyword search stands for the vectors. */
const parallels = [
  ['en', 'en', 'de'],
  ['en', 'en', 'es'],
  ['de', 'de', 'zh'],
  ['zh', 'zh', 'en'],
  ['de', 'en', 'de'],
  ['en', 'ru', 'en'],
] as const;
/** Articles of five paragraphs, and conversations over each such part of the set. */
const articles = [
  [1, 4],
  [4, 8],
  [12, 12],
  [24, 24],
] as const;
const questionsEach = 6;

/**
 * MTRAG's conversations over so many passages: what is judged, the first ten of a third-party run for each question, whose
 * order does not depend on what else is there, and others of the conversation's pool. A conversation whose questions
 * need more passages becomes several.
 */
export function* readConversations(folder: string, background: Background): Generator<FusedConversation> {
  const random = seededRandom(7);
  for (const set of ['fiqa', 'cloud'])
    for (const queries of ['lastturn', 'rewrite']) {
      const path = join(folder, 'mtrag', set);
      if (!existsSync(path)) continue;
      const dataset = readDataset(path, { queries: `queries_${queries}.jsonl` });
      for (const [name, file] of runs) {
        const run = readRun(join(path, 'runs', `${file}.${queries}.jsonl.gz`));
        const label = `MTRAG ${set} ${queries}, ${name}`;
        for (const size of sizes) yield* smallConversations(label, size, dataset, run, background, random);
        yield* wholeConversations(label, dataset, run, background, random);
      }
    }
}

/** In the name of a set whose questions are in another language than its passages. */
export const acrossLanguages = ' asked of ';

type Run = ReturnType<typeof readRun>;

function* smallConversations(
  label: string,
  size: number,
  { passages, queries, judgements, scopes }: Dataset,
  run: Run,
  background: Background,
  random: () => number,
): Generator<FusedConversation> {
  const byId = new Map(passages.map((passage) => [passage.id, passage]));
  const judged = queries.filter(({ id }) => judgements.has(id));
  for (const [name, asked] of Map.groupBy(judged, ({ id }) => conversationOf(id))) {
    for (const { ids, questions } of packed(asked)) {
      const pool = (scopes?.get(name) ?? []).filter((id) => byId.has(id) && !ids.has(id));
      const all = shuffle([...ids, ...shuffle(pool, random).slice(0, size - ids.size)], random);
      const conversation = conversationOver(
        label,
        size,
        all.map((id) => byId.get(id)!),
        background,
        random,
      );
      for (const { id, text } of questions) {
        const known = run.get(id) ?? [];
        const rest = size > wholeLists ? [] : all.filter((one) => !known.includes(one));
        conversation.ask(text, [...known, ...shuffle(rest, random)], judgements.get(id)!);
      }
      yield conversation;
    }
  }

  function packed(asked: Dataset['queries']) {
    const groups: { ids: Set<string>; questions: Dataset['queries'] }[] = [];
    for (const question of asked) {
      const relevant = judgements.get(question.id)?.keys() ?? [];
      const needed = [...(run.get(question.id) ?? []), ...relevant].filter((id) => byId.has(id));
      const last = groups.at(-1);
      const both = new Set([...(last?.ids ?? []), ...needed]);
      if (last !== undefined && both.size <= size) {
        last.ids = both;
        last.questions.push(question);
      } else if (needed.length <= size) groups.push({ ids: new Set(needed), questions: [question] });
    }
    return groups;
  }
}

/** Each conversation over the whole corpus. */
function* wholeConversations(
  label: string,
  { passages, queries, judgements }: Dataset,
  run: Run,
  background: Background,
  random: () => number,
): Generator<FusedConversation> {
  const whole = conversationOver(label, null, passages, background, random);
  for (const { id, text } of queries)
    if (judgements.has(id)) whole.ask(text, run.get(id) ?? [], judgements.get(id)!);
  const asked = queries.filter(({ id }) => judgements.has(id));
  const parts = Map.groupBy(whole.questions, (_, at) => conversationOf(asked[at]!.id));
  for (const questions of parts.values()) yield { set: label, size: null, ids: whole.ids, questions };
}

/**
 * XQuAD over some of its articles: the keyword list of the same paragraphs in another language, asked in that language,
 * stands for a good list of vectors, whose errors are its own. Where questions and passages differ in language, the
 * words find little and the vectors are good.
 */
export function* readParallel(folder: string, background: Background): Generator<FusedConversation> {
  const random = seededRandom(11);
  if (!existsSync(join(folder, 'xquad'))) return;
  const read = (language: string): Dataset => readDataset(join(folder, 'xquad', language));
  for (const [asked, written, other] of parallels) {
    const [questions, { passages }, meant] = [read(asked), read(written), read(other)];
    const texts = new Map(meant.queries.map(({ id, text }) => [id, text]));
    const names = [...new Set(passages.map(({ id }) => articleOf(id)))];
    const label = `XQuAD ${asked === written ? asked : `${asked}${acrossLanguages}${written}`}, by ${other}`;
    for (const [count, times] of articles)
      for (let from = 0; from < names.length; from += count) {
        const chosen = new Set(names.slice(from, from + count));
        const isChosen = (id: string): boolean => chosen.has(articleOf(id));
        const index = indexPassages(meant.passages.filter(({ id }) => isChosen(id)));
        const own = passages.filter(({ id }) => isChosen(id));
        const open = questions.queries.filter(({ id }) =>
          [...(questions.judgements.get(id)?.keys() ?? [])].some(isChosen),
        );
        for (let time = 0; time < times; time++) {
          const conversation = conversationOver(label, own.length, own, background, random);
          for (const { id, text } of shuffle(open, random).slice(0, questionsEach)) {
            const found = searchKeyword([index.segment], texts.get(id) ?? '', { k: legDepth, background });
            const known = found.map(({ ordinal }) => index.ids[ordinal]!);
            const rest = own.map((one) => one.id).filter((one) => !known.includes(one));
            conversation.ask(text, [...known, ...shuffle(rest, random)], questions.judgements.get(id)!);
          }
          yield conversation;
        }
      }
  }
}

function articleOf(id: string): string {
  return id.replace(/p\d+$/, '');
}
