import { type BatchLimits, batchTexts, mapParallel } from './embedding-batches.ts';
import { embeddingId, readEmbeddingId } from './embedding-id.ts';
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
  /** The provider's name of the model. */
  name: string;
  label: ProviderLabel;
  embedder: (name: string) => SdkEmbeddingModel;
  /** `EMBEDDING_DIMENSIONS`: asked of the provider. */
  dimensions?: number;
  /** Asked where nothing is configured; absent: the provider's own default, learned from the first vector. */
  usualDimensions?: number;
  /** Whether a name can be one of this provider's; absent: any can. */
  owns?: (name: string) => boolean;
  batch: BatchLimits;
  /** Requests under way at once. */
  parallel: number;
  /** How the provider itself wants to be told a query from a document. */
  optionsFor?: (kind: EmbeddingKind) => SdkProviderOptions;
  limits: ModelLimits;
}

/** An embedding model over any AI SDK model: batched, retried, checked, normalised. */
export function embeddingModel(parts: EmbeddingModelParts): EmbeddingModel {
  const asked = parts.dimensions ?? parts.usualDimensions;
  const embedder = parts.embedder(parts.name);
  let dimensions = asked ?? null;
  return {
    id: embeddingId(parts.name, parts.dimensions),
    provider: parts.label.name,
    get dimensions() {
      return dimensions;
    },
    async embed(texts, kind, signal) {
      signal.throwIfAborted();
      const inputs = texts.map((text) => clip(withPrefix(parts.name, kind, isBlank(text) ? blank : text)));
      const batches = batchTexts(inputs, countTokens, parts.batch);
      // One watchdog over all batches: the first failure ends the requests of the others.
      const group = startWatchdog(signal);
      try {
        const vectors = await mapParallel(batches, parts.parallel, async (batch) => {
          const raw = await embedBatch(parts, embedder, asked, batch, kind, group.signal);
          const checked = toUnitVectors(raw, batch.length, dimensions, kind === 'document');
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
    withModel(id) {
      const other = readEmbeddingId(id);
      if (parts.owns?.(other.name) === false) return null;
      return embeddingModel({ ...parts, ...other });
    },
  };
}

async function embedBatch(
  parts: EmbeddingModelParts,
  embedder: SdkEmbeddingModel,
  dimensions: number | undefined,
  values: string[],
  kind: EmbeddingKind,
  signal: AbortSignal,
) {
  const attempt = async () => {
    const watch = startWatchdog(signal);
    watch.arm(parts.limits.embedMs, 'embed_timeout');
    try {
      const providerOptions = parts.optionsFor?.(kind);
      const call = { values, dimensions, abortSignal: watch.signal, providerOptions };
      const { embeddings, response } = await watch.race(embedder.doEmbed(call));
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
/** In the place of a text that shows nothing, which most providers refuse, or give a vector of zeros. */
const blank = '.';

function isBlank(text: string): boolean {
  return !/[^\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/u.test(text);
}

function clip(text: string): string {
  return text.slice(0, maxChars);
}
