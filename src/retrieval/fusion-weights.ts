import type { FusionWeights } from '../indexing/weights.ts';
import { agreementBytes, weightsByAgreement } from './agreement.ts';
import type { RetrievalDeps } from './deps.ts';
import type { LegList } from './order.ts';
import { authorityOf, type SearchableDocument, type SearchScope } from './store.ts';

/** What one question has shown of the two lists serves the next one of the same conversation and model. */
export function fusionWeights(
  scope: SearchScope,
  model: string | null,
  lists: readonly LegList[],
  chosen: readonly SearchableDocument[],
  deps: RetrievalDeps,
): FusionWeights {
  const key = `${placeOf(scope)} ${model ?? ''}`;
  const chunks = chosen.reduce((sum, { chunkCount }) => sum + chunkCount, 0);
  const before = deps.agreements?.get(key);
  const { weights, seen } = weightsByAgreement(model, lists, chunks, before);
  if (seen !== undefined) deps.agreements?.set(key, seen, agreementBytes);
  return weights;
}

/** Whose search it is, and where: the beginning of every key of a cache. */
export function placeOf(scope: SearchScope): string {
  const { userId, conversationId } = authorityOf(scope);
  return JSON.stringify([userId, conversationId ?? null]);
}
