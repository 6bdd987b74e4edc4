import type { AnswerTrace, Citation as PlacedCitation } from '@alcove/contract';
import { askWithin } from '../../models/ask-within.ts';
import type { ChatModel } from '../../models/model.ts';
import { holdsNumbers } from './check.ts';
import type { CitableSource, Citation } from './filter.ts';
import { type Claim, judgeRequest, type Opinion, readOpinions } from './judge-request.ts';
import { type Passage, readPassage } from './passage.ts';
import { findWords, tokensOf } from './tokens.ts';
import type { Verdict } from './verdict.ts';

type Trace = NonNullable<AnswerTrace['citation_check']>;

export interface SecondLook {
  /** Citations whose state is another one now, by their places in the list. */
  changed: { at: number; citation: Citation }[];
  trace: Trace;
}

/** The answer is already on the screen: it must not stay unfinished for long. */
const judgeMs = 15_000;
const mostClaims = 20;
/** Of passages and claims together; of a small window a quarter. */
const mostTokens = 8_000;
/** Fewer words stand in nearly every passage. */
const leastWords = 3;
const leastCharacters = 4;
/** Scripts that put no space between words. */
const dense = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;

/**
 * Asks a model, once, about the citations that words could not verify. What it says counts only with words that stand
 * in the passage, and verifies no number that does not. What fails changes nothing and is told in the trace.
 * @param answer with its markers, as the places of citations count
 * @returns null when there is nothing to ask about
 */
export async function lookAgain(
  answer: string,
  citations: readonly PlacedCitation[],
  sources: readonly CitableSource[],
  model: ChatModel,
  signal: AbortSignal,
  deadlineMs = judgeMs,
): Promise<SecondLook | null> {
  const open = [...citations.entries()].filter(([, { verification }]) => verification === 'unverified');
  if (open.length === 0) return null;
  const started = performance.now();
  const { asked, passages } = whatFits(answer, open, sources, model);
  const { opinions, failed, tokens } =
    asked.length === 0 ? nothingAsked : await askForOpinions(asked, passages, model, signal, deadlineMs);
  const judged = asked.flatMap(({ at, place: { n, start, end }, claim }, index) => {
    const opinion = opinions[index];
    const passage = passages.get(n);
    if (opinion === undefined || passage === undefined) return [];
    return [{ at, opinion, citation: { n, start, end, ...accept(opinion, claim, passage) } }];
  });
  return {
    changed: judged.filter(({ citation }) => citation.verification !== 'unverified'),
    trace: {
      asked: asked.length,
      left_out: open.length - asked.length,
      verdicts: judged.map(({ opinion: { verdict }, citation: { n, start, end, verification } }) => ({
        n,
        start,
        end,
        verdict,
        verification,
      })),
      failed,
      tokens,
      ms: Math.round(performance.now() - started),
    },
  };
}

interface Asked {
  /** In the list of all citations. */
  at: number;
  place: PlacedCitation;
  claim: Claim;
}

/** The first claims, as far as they and their passages, each once and whole, have room. */
function whatFits(
  answer: string,
  open: readonly (readonly [at: number, place: PlacedCitation])[],
  sources: readonly CitableSource[],
  model: ChatModel,
): { asked: Asked[]; passages: Map<number, Passage> } {
  const asked: Asked[] = [];
  const passages = new Map<number, Passage>();
  let left = Math.min(mostTokens, Math.floor(model.contextWindow / 4));
  for (const [at, place] of open) {
    const source = sources.find(({ n }) => n === place.n);
    const text = answer
      .slice(place.start, place.end)
      .replace(/\[\d{1,3}\]/g, '')
      .trim();
    if (source === undefined || text === '' || asked.length === mostClaims) continue;
    const isNew = !passages.has(source.n);
    const cost = model.countTokens(text) + (isNew ? model.countTokens(source.text) : 0);
    if (cost > left) continue;
    left -= cost;
    if (isNew) passages.set(source.n, readPassage(source.text, source.language));
    asked.push({ at, place, claim: { n: source.n, text } });
  }
  return { asked, passages };
}

interface Opinions {
  /** By the place of their claims; undefined where the model said nothing. */
  opinions: readonly (Opinion | undefined)[];
  failed: string | null;
  tokens: { input: number; output: number };
}

const nothingAsked: Opinions = { opinions: [], failed: null, tokens: { input: 0, output: 0 } };

async function askForOpinions(
  asked: readonly Asked[],
  passages: ReadonlyMap<number, Passage>,
  model: ChatModel,
  signal: AbortSignal,
  deadlineMs: number,
): Promise<Opinions> {
  const claims = asked.map(({ claim }) => claim);
  const texts = new Map([...passages].map(([n, { searchable }]) => [n, searchable.text]));
  const { input, ids } = judgeRequest(model, claims, texts);
  try {
    const { text, failed, tokens } = await askWithin(model, input, deadlineMs, signal);
    if (failed !== null) return { opinions: [], failed, tokens };
    const byId = readOpinions(text, ids);
    return byId === null
      ? { opinions: [], failed: 'The reply of the model did not have the form that was asked for.', tokens }
      : { opinions: ids.map((id) => byId.get(id)), failed: null, tokens };
  } catch (error) {
    // The text is whole: who ends the answer now ends only the wait.
    if (!signal.aborted) throw error;
    return { ...nothingAsked, failed: 'The answer was ended before the model replied.' };
  }
}

/** What an opinion is worth: words of the passage have to stand for it, and its numbers for the claim's. */
function accept({ verdict, quote }: Opinion, claim: Claim, passage: Passage): Verdict {
  const place = verdict === 'unclear' ? null : placeOf(quote, passage);
  if (place === null || (verdict === 'supported' && !holdsNumbers(claim.text, passage)))
    return { verification: 'unverified', quote: null };
  return { verification: verdict === 'supported' ? 'verified' : 'contradicted', quote: place };
}

function placeOf(quote: string, passage: Passage): Verdict['quote'] {
  const words = tokensOf(quote);
  if (words.length >= leastWords) return findWords(passage.searchable, words);
  const text = quote.trim();
  const start =
    text.length >= leastCharacters && dense.test(text) ? passage.searchable.text.indexOf(text) : -1;
  return start === -1 ? null : { start, end: start + text.length };
}
