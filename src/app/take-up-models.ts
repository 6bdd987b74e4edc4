import type { DocumentDeps } from '../documents/deps.ts';
import type { HttpDeps } from '../http/deps.ts';
import type { ModelConfig, Models } from '../models/model.ts';
import { switchedOff } from '../models/notices.ts';
import { connectModels } from '../models/registry.ts';
import { findStaleIndexes } from './find-stale-indexes.ts';

/** What holds models while the server runs. */
export interface ModelHolders {
  models: Models;
  documents: DocumentDeps;
  answers: HttpDeps['answers'];
  notices: string[];
  rerankThreshold: number | null;
  /** Whether this process makes indexes. */
  works: boolean;
}

/**
 * Lets a running server use other local models, and begins to embed the documents again. Questions that are being
 * answered keep the models that they began with. @returns a sentence for who asked
 */
export async function takeUpModels(
  { models, documents, answers, notices, rerankThreshold, works }: ModelHolders,
  config: ModelConfig,
  signal: AbortSignal,
): Promise<string> {
  const before = [...switchedOff(models), ...models.notices];
  Object.assign(models, await connectModels(config, signal));
  documents.embedding = models.embedding;
  const { retrieval } = answers;
  retrieval.embedding = models.embedding;
  retrieval.rerank =
    models.rerank === null ? undefined : { model: models.rerank, threshold: rerankThreshold };
  notices.splice(0, before.length, ...switchedOff(models), ...models.notices);
  if (works) await findStaleIndexes(documents, signal);
  return models.notices.length === 0
    ? 'The running server has taken it up: documents get their vectors in the background.'
    : `The running server has taken it up, but: ${models.notices.join(' ')}`;
}
