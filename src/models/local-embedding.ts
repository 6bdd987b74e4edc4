import { embeddingId, readEmbeddingId } from './embedding-id.ts';
import { withPrefix } from './embedding-prefix.ts';
import { lengthOf } from './embedding-vectors.ts';
import { runLocally, runLocallyWithin } from './local-batches.ts';
import { isLocalName, localPrefix, unavailable } from './local-source.ts';
import type { LocalThread } from './local-thread.ts';
import type { EmbeddingModel } from './model.ts';

/** A question does not wait longer for a model that is being loaded, or is busy with documents. */
const queryMs = 10_000;

/** @param openThread makes the thread of another local model, by its id */
export function localEmbedding(
  thread: LocalThread,
  cutTo: number | undefined,
  openThread: (id: string) => LocalThread,
): EmbeddingModel {
  const name = thread.id.slice(localPrefix.length);
  const others = new Map<string, EmbeddingModel>();
  return {
    id: embeddingId(thread.id, cutTo),
    provider: 'Local model',
    get dimensions() {
      return cutTo ?? thread.dimensions;
    },
    async embed(texts, kind, signal) {
      const work = { texts: texts.map((text) => withPrefix(name, kind, text)), isUrgent: kind === 'query' };
      const rows = work.isUrgent
        ? await runLocallyWithin(queryMs, thread, work, signal)
        : await runLocally(thread, work, signal);
      const vectors = rows.map((row) => (cutTo === undefined ? row : row.subarray(0, cutTo)));
      // A passage of nothing that could be encoded is kept beside others; a model that gives nothing else is broken.
      const mayLack = kind === 'document' && vectors.some((row) => lengthOf(row) > 0);
      return vectors.map((row) => toUnit(row, thread.id, mayLack));
    },
    withModel(id) {
      const other = readEmbeddingId(id);
      if (!isLocalName(other.name)) return null;
      const model = others.get(id) ?? localEmbedding(openThread(other.name), other.dimensions, openThread);
      others.set(id, model);
      return model;
    },
  };
}

function toUnit(row: Float32Array, id: string, mayBeZero: boolean): Float32Array {
  const norm = lengthOf(row);
  if (!Number.isFinite(norm) || (norm === 0 && !mayBeZero))
    throw unavailable(`The local model ${id} gave a vector of zeros or of values that are no numbers.`);
  return norm === 0 ? row : row.map((value) => value / norm);
}
