import { behave, type Behaviour } from './provider-behaviours.ts';

/** The answer to a request to rerank, best first, or undefined for another route. */
export function answerRerank(
  path: string,
  body: Record<string, unknown>,
  form: 'common' | 'text-embeddings-inference' = 'common',
): Behaviour | undefined {
  if (!path.endsWith('/rerank')) return undefined;
  const isCommon = form === 'common';
  const texts = body[isCommon ? 'documents' : 'texts'];
  if (!Array.isArray(texts))
    return behave.status(422, { error: `missing field ${isCommon ? 'documents' : 'texts'}` });
  const scored = texts.map((text, index) => ({ index, score: overlap(String(body['query']), String(text)) }));
  scored.sort((a, b) => b.score - a.score);
  if (!isCommon) return behave.status(200, scored);
  const results = scored.map(({ index, score }) => ({ index, relevance_score: score }));
  return behave.status(200, { model: body['model'], results });
}

/** The share of the question's words that the text has. */
export function overlap(query: string, text: string): number {
  const words = new Set(wordsOf(query));
  const there = new Set(wordsOf(text));
  return [...words].filter((word) => there.has(word)).length / Math.max(1, words.size);
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}
