import { readBackground } from '../../src/indexing/background.ts';
import { type Agreement, weightsByAgreement } from '../../src/retrieval/agreement.ts';
import { type LegList, order } from '../../src/retrieval/order.ts';
import { bootstrap, scoreQuery } from '../metrics.ts';
import { signed } from '../report.ts';
import type { AskedQuestion, FusedConversation } from './conversation.ts';
import { acrossLanguages, readConversations, readParallel } from './read-conversations.ts';

const depth = 10;
const rounds = 2000;
/** What noise may cost of the keyword list's nDCG@10, and the fusion of the vector list's. */
const most = { noise: 0.02, vector: 0.01 };

interface Scores {
  keyword: number[];
  vector: number[];
  /** Of the fused list to the keyword list, with noise; and to the vector list. */
  noise: number[];
  fused: number[];
}

/**
 * Fusion by weights that are learned from a conversation's own lists, for an embedding model that nobody has measured.
 * @returns lines of a table, and the rows that miss a target
 */
export function measureFusion(folder: string): { lines: string[]; missed: string[] } {
  const background = readBackground();
  const rows = new Map<string, Scores>();
  for (const read of [readConversations, readParallel])
    for (const conversation of read(folder, background)) {
      const { set, size } = conversation;
      const name = `${set.padEnd(28)} ${String(size ?? 'all').padStart(5)}`;
      const row = rows.get(name) ?? { keyword: [], vector: [], noise: [], fused: [] };
      rows.set(name, row);
      score(conversation, row);
    }
  const missed = [...rows].flatMap(([name, { noise, fused }]) => [
    ...(meanOf(noise) < -most.noise ? [`${oneSpaced(name)}: noise`] : []),
    // Words that are poor can bear no list out: what that costs is shown and has no target.
    ...(meanOf(fused) < -most.vector && !name.includes(acrossLanguages)
      ? [`${oneSpaced(name)}: a good list`]
      : []),
  ]);
  return { lines: [...rows].map(([name, row]) => line(name, row)), missed };
}

function oneSpaced(name: string): string {
  return name.replace(/ +/g, ' ');
}

function score(conversation: FusedConversation, row: Scores): void {
  const { questions, ids } = conversation;
  const scoreOf = (ordinals: readonly number[], { relevant }: AskedQuestion): number =>
    scoreQuery(
      ordinals.slice(0, depth).map((one) => ids[one]!),
      relevant,
      [depth],
    )['nDCG@10'] ?? 0;
  const keyword = questions.map((one) => scoreOf(one.keyword, one));
  const vector = questions.map((one) => scoreOf(one.vector, one));
  const fusedWith = (listOf: (one: AskedQuestion) => readonly number[]): number[] =>
    fuseAll(conversation, listOf).map((ordinals, at) => scoreOf(ordinals, questions[at]!));
  const good = fusedWith((one) => one.vector);
  const draws = questions[0]?.noise.map((_, draw) => fusedWith((one) => one.noise[draw] ?? [])) ?? [];
  row.keyword.push(...keyword);
  row.vector.push(...vector);
  row.fused.push(...good.map((one, at) => one - vector[at]!));
  row.noise.push(...keyword.map((one, at) => meanOf(draws.map((draw) => draw[at]!)) - one));
}

/** The questions of a conversation one after the other, as the server fuses them. */
function fuseAll(
  { questions, ids }: FusedConversation,
  listOf: (one: AskedQuestion) => readonly number[],
): number[][] {
  let seen: Agreement | undefined;
  return questions.map((question) => {
    const lists = [asList('vector', listOf(question)), asList('keyword', question.keyword)];
    const learned = weightsByAgreement('a model that nobody has measured', lists, ids.length, seen);
    seen = learned.seen;
    return order(lists, learned.weights, depth).map(({ ordinal }) => ordinal);
  });
}

function asList(leg: LegList['leg'], ordinals: readonly number[]): LegList {
  return { leg, hits: ordinals.map((ordinal, at) => ({ documentId: '', ordinal, score: -at })) };
}

function line(name: string, { keyword, vector, noise, fused }: Scores): string {
  const difference = (values: number[]): string => {
    const { mean, low, high } = bootstrap(values, rounds);
    return `${signed(mean)} [${signed(low)}, ${signed(high)}]`;
  };
  return `${name} n ${String(keyword.length).padStart(4)}  keyword ${meanOf(keyword).toFixed(3)}  noise ${difference(noise)}  vector ${meanOf(vector).toFixed(3)}  fused ${difference(fused)}`;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
