import { type BatchLimits, batchTexts, mapParallel } from './embedding-batches.ts';
import { withPrefix } from './embedding-prefix.ts';
import { toUnitVectors } from './embedding-vectors.ts';
import { explainFault, type ProviderLabel } from './explain-fault.ts';
import type { ModelLimits } from './limits.ts';
import type { EmbeddingKind, EmbeddingModel } from './model.ts';
import { retryTransient } from './policy.ts';
import type { SdkEmbeddingModel, SdkProviderOptions } from './sdk.ts';
import { countTokens } from './tokens.ts';
import { startWatchdog } from './watchdog.ts';

export interface EmbeddingModelParts {
  id: string;
  label: ProviderLabel;
  embedder: SdkEmbeddingModel;
  /** Asked of the provider; absent: its own default, learned from the first vector. */
  dimensions?: number;
  batch: BatchLimits;
  /** Requests under way at once. */
  parallel: number;
  /** How the provider itself wants to be told a query from a document. */
  optionsFor?: (kind: EmbeddingKind) => SdkProviderOptions;
  limits: ModelLimits;
}

/** An embedding model over any AI SDK model: batched, retried, checked, normalised. */
export function embeddingModel(parts: EmbeddingModelParts): EmbeddingModel {
  let dimensions = parts.dimensions ?? null;
  return {
    id: parts.id,
    provider: parts.label.name,
    get dimensions() {
      return dimensions;
    },
    async embed(texts, kind, signal) {
      signal.throwIfAborted();
      const inputs = texts.map((text) => clip(withPrefix(parts.id, kind, text)));
      const batches = batchTexts(inputs, countTokens, parts.batch);
      // One watchdog over all batches: the first failure ends the requests of the others.
      const group = startWatchdog(signal);
      try {
        const vectors = await mapParallel(batches, parts.parallel, async (batch) => {
          const raw = await embedBatch(parts, batch, kind, group.signal);
          const checked = toUnitVectors(raw, batch.length, dimensions);
          dimensions = checked[0]?.length ?? dimensions;
          return checked;
        });
        return vectors.flat();
      } catch (error) {
        signal.throwIfAborted();
        throw explainFault(error, parts.label, parts.limits);
      } finally {
        group.stop();
      }
    },
  };
}

async function embedBatch(
  parts: EmbeddingModelParts,
  values: string[],
  kind: EmbeddingKind,
  signal: AbortSignal,
) {
  const attempt = async () => {
    const watch = startWatchdog(signal);
    watch.arm(parts.limits.embedMs, 'embed_timeout');
    try {
      const providerOptions = parts.optionsFor?.(kind);
      const call = { values, dimensions: parts.dimensions, abortSignal: watch.signal, providerOptions };
      const { embeddings, response } = await watch.race(parts.embedder.doEmbed(call));
      return { embeddings, body: response?.body };
    } catch (error) {
      throw watch.signal.aborted ? watch.signal.reason : error;
    } finally {
      watch.stop();
    }
  };
  return await retryTransient(attempt, parts.limits, signal);
}

/** Providers refuse more than 8,192 tokens of one text; no chunk is that long, a pasted question may be. */
const maxChars = 24_000;

function clip(text: string): string {
  // An empty text is refused by most providers and has no meaning to encode.
  return text.slice(0, maxChars) || ' ';
}
