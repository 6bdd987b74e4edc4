import { embeddingId, readEmbeddingId } from './embedding-id.ts';
import { withPrefix } from './embedding-prefix.ts';
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
      return rows.map((row) => toUnit(cutTo === undefined ? row : row.subarray(0, cutTo), thread.id));
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

function toUnit(row: Float32Array, id: string): Float32Array {
  let squares = 0;
  for (const value of row) squares += value * value;
  const norm = Math.sqrt(squares);
  if (!(norm > 0) || !Number.isFinite(norm))
    throw unavailable(`The local model ${id} gave a vector of zeros or of values that are no numbers.`);
  return row.map((value) => value / norm);
}
