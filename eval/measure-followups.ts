import type { Background } from '../src/indexing/background.ts';
import { searchKeyword } from '../src/indexing/bm25.ts';
import { expandFollowUp } from '../src/indexing/followup.ts';
import { readDataset } from './datasets.ts';
import { compare, evaluate, type Evaluation, type Judgements, type Run } from './metrics.ts';
import { indexPassages } from './passage-index.ts';
import type { PrintRow } from './print-row.ts';
import { readTurns, type ReplayTurn } from './replay-turns.ts';
import { print, signed } from './report.ts';

const sets = [
  { name: 'later turns', queries: 'queries_lastturn.jsonl', judgements: 'qrels.tsv', tasks: undefined },
  {
    name: 'later turns (un)',
    queries: 'un_queries_lastturn.jsonl',
    judgements: 'un_qrels.tsv',
    tasks: 'un_tasks.jsonl',
  },
] as const;

/** Later turns of conversations: the last question alone against the question weighed with its history. */
export function measureFollowUps(
  folder: string,
  label: string,
  background: Background,
  printRow: PrintRow,
): void {
  const { passages } = readDataset(folder, { queries: sets[0].queries });
  const { segment, ids } = indexPassages(passages);
  const search = (parts: Parameters<typeof searchKeyword>[1]): string[] =>
    searchKeyword([segment], parts, { k: 10, background }).map((hit) => ids[hit.ordinal]!);
  for (const { name, queries, judgements, tasks } of sets) {
    const judged = readDataset(folder, { queries, judgements }).judgements;
    const turns = readTurns(folder, tasks).filter(({ id, turn }) => turn > 1 && judged.has(id));
    const later: Judgements = new Map(turns.map(({ id }) => [id, judged.get(id)!]));
    const score = (run: [string, string[]][]): Evaluation => evaluate(new Map(run) satisfies Run, later);
    const alone = score(turns.map(({ id, question }) => [id, search(question)]));
    const weighed = score(
      turns.map(({ id, question, history }) => {
        const told = history.map(({ role, content }) => ({ role, text: content }));
        return [id, search(expandFollowUp(question, told, { language: segment.language, background }))];
      }),
    );
    printRow(`${label} ${name}, last question`, alone);
    printRow(`${label} ${name}, weighed with history`, weighed);
    const printPart = (which: string, part: ReplayTurn[]): void => {
      const own = new Set(part.map(({ id }) => id));
      const of = (all: Evaluation): Evaluation => ({
        ...all,
        perQuery: new Map([...all.perQuery].filter(([id]) => own.has(id))),
      });
      const { mean, low, high } = compare(of(weighed), of(alone), 'nDCG@5');
      print(
        `  ${which.padEnd(20)} n ${part.length}  nDCG@5 ${signed(mean)} [${signed(low)}, ${signed(high)}]`,
      );
    };
    printPart(
      'refer back',
      turns.filter(({ question }) => refersBack(question)),
    );
    printPart(
      'do not by a word',
      turns.filter(({ question }) => !refersBack(question)),
    );
  }
}

const pointing = new Set(
  'it its itself they them themselves their theirs this that these those he him his she her hers one ones same such there then other others another also instead else either both neither former latter any'.split(
    ' ',
  ),
);
const goingOn = /^\W*(?:and|but|or|so|what about|how about|why|which|i mean|no|yes|ok|oops)\b/i;

/** Whether an English question says by a word that it goes on from what was said before. */
function refersBack(question: string): boolean {
  return (
    goingOn.test(question) ||
    (question.toLowerCase().match(/[a-z]+/g) ?? []).some((word) => pointing.has(word))
  );
}
