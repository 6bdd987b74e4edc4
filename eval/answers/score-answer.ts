import type { Answer } from '@alcove/client';
import type { GoldQuestion, ScoreName } from './answer-set.ts';

/** Scores of one answer; one that the question cannot tell is absent. */
export type AnswerScores = Partial<Record<ScoreName, number>>;

/** @param idOf the page or passage that a source lies on */
export function scoreAnswer(
  { gold, pages }: Pick<GoldQuestion, 'gold' | 'pages'>,
  { answer, citations, sources, metadata }: Answer,
  idOf: (source: Answer['sources'][number]) => string | undefined,
): AnswerScores {
  const cited = citations
    .map(({ n }) => sources.find((source) => source.n === n))
    .map((source) => source && idOf(source));
  const quoted = quotationsIn(answer);
  const isRight = (id: string | undefined): boolean => id !== undefined && pages.has(id);
  const scores: AnswerScores = {
    direct: Number(metadata.match === 'direct'),
    weak: Number(metadata.match === 'weak'),
    none: Number(metadata.match === 'none'),
    length: quoted.join('').length,
  };
  if (gold !== null) scores.quote = Number(gold.length > 0 && gold.every((one) => holds(quoted, one)));
  if (pages.size > 0) {
    scores['first page'] = Number(isRight(cited[0]));
    scores['any page'] = Number(cited.some(isRight));
  }
  return scores;
}

/** What stands between the answer's own quotation marks, each before its number. */
export function quotationsIn(answer: string): string[] {
  return answer
    .split(/”\s?\[\d+\](?:: )?/u)
    .slice(0, -1)
    .map((piece) => piece.slice(piece.indexOf('“') + 1));
}

function holds(quoted: readonly string[], gold: string): boolean {
  const wanted = plain(gold);
  return wanted !== '' && quoted.some((one) => plain(one).includes(wanted));
}

/** Case, white space and the marks around a figure are no difference. */
function plain(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[“”"'’‘]/gu, '')
    .replace(/\s+/gu, ' ')
    .replace(/\$ /gu, '$')
    .replace(/[.,;:]+$/u, '')
    .trim();
}
