import { availableParallelism } from 'node:os';
import { AppError } from '../errors.ts';
import { batchTexts } from './embedding-batches.ts';
import { embeddingId, readEmbeddingId } from './embedding-id.ts';
import { withPrefix } from './embedding-prefix.ts';
import { limitsOf } from './limits.ts';
import { findRuntime } from './local-runtime.ts';
import type { LocalTask } from './local-protocol.ts';
import { findLocalModel, isLocalName, localPrefix, unavailable } from './local-source.ts';
import { createLocalThread, type LocalThread, type Rows } from './local-thread.ts';
import type { EmbeddingModel, ModelConfig, ModelProvider, ProviderModels, RerankModel } from './model.ts';
import { countTokens } from './tokens.ts';

/** Models that run in this process: `EMBEDDING_MODEL=local:…` and `RERANK_MODEL=local:…`. */
export const local: ModelProvider = {
  name: 'local',
  async connect(config, signal) {
    const found: ProviderModels = { chat: [], embedding: null, notices: [] };
    const { embeddingModel, rerankModel } = config;
    if (isLocalName(embeddingModel)) {
      const thread = await open(embeddingModel, 'embed', config, found.notices, signal);
      if (thread !== null) found.embedding = localEmbedding(embeddingModel, thread.id, thread, config, signal);
    }
    if (isLocalName(rerankModel)) {
      const thread = await open(rerankModel, 'score', config, found.notices, signal);
      if (thread !== null) found.rerank = localRerank(thread.id, thread, config);
    }
    return found;
  },
};

interface Opened extends LocalThread {
  id: string;
}

/** Begins to load the model, so that the first question need not wait; null, and a notice, when it cannot be. */
async function open(
  setting: string,
  task: LocalTask,
  config: ModelConfig,
  notices: string[],
  signal: AbortSignal,
): Promise<Opened | null> {
  try {
    const thread = await prepare(setting, task, config, signal);
    thread.ready().catch((error: unknown) => config.report?.(error instanceof Error ? error.message : String(error)));
    return thread;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    notices.push(error.message);
    return null;
  }
}

async function prepare(setting: string, task: LocalTask, config: ModelConfig, signal: AbortSignal): Promise<Opened> {
  const source = await findLocalModel(setting, config);
  const runtime = findRuntime(source.modelsDir);
  // One core is left to the server.
  const threads = Math.max(1, availableParallelism() - 1);
  const thread = createLocalThread({ source, task, runtime, hub: config.modelHub, threads }, config.report ?? (() => {}));
  signal.addEventListener('abort', () => void thread.stop(), { once: true });
  return Object.defineProperty(thread, 'id', { value: source.id, enumerable: true }) as Opened;
}

/** A padded batch costs its longest text times its size. */
const batch = { maxTexts: 16, maxTokens: 8_000 };
/** A question does not wait longer for a model that is being loaded or is busy. */
const queryMs = 10_000;
const maxChars = 24_000;

function localEmbedding(
  setting: string,
  id: string,
  thread: LocalThread,
  config: ModelConfig,
  signal: AbortSignal,
): EmbeddingModel {
  const cutTo = config.embeddingDimensions;
  const others = new Map<string, EmbeddingModel>();
  return {
    id: embeddingId(id, cutTo),
    provider: 'Local model',
    get dimensions() {
      return cutTo ?? thread.dimensions;
    },
    async embed(texts, kind, caller) {
      caller.throwIfAborted();
      const isUrgent = kind === 'query';
      const inputs = texts.map((text) => withPrefix(setting, kind, text).slice(0, maxChars) || ' ');
      const vectors = new Array<Float32Array>(texts.length);
      const work = (within: AbortSignal) =>
        runSorted(thread, inputs, isUrgent, within, (place, row) => {
          vectors[place] = toUnit(cutTo === undefined ? row : row.slice(0, cutTo), id);
        });
      await (isUrgent ? within(queryMs, caller, () => tooSlow(id, thread), work) : work(caller));
      return vectors;
    },
    withModel(wanted) {
      const { name, dimensions } = readEmbeddingId(wanted);
      if (!isLocalName(name)) return null;
      const known = others.get(wanted) ?? localEmbedding(name, name, lazily(name, config, signal), { ...config, embeddingDimensions: dimensions }, signal);
      others.set(wanted, known);
      return known;
    },
  };
}

function localRerank(id: string, thread: LocalThread, config: ModelConfig): RerankModel {
  const { rerankMs } = limitsOf(config);
  return {
    id: id.slice(localPrefix.length),
    provider: 'Local model',
    async score(query, texts, caller) {
      caller.throwIfAborted();
      const scores = new Array<number>(texts.length).fill(0);
      const cut = texts.map((text) => text.slice(0, maxChars));
      const work = (signal: AbortSignal) =>
        runSorted(thread, cut, true, signal, (place, row) => {
          scores[place] = row[0] ?? 0;
        }, query);
      await within(rerankMs, caller, () => tooSlow(id, thread), work);
      return scores;
    },
  };
}

/** Texts of like length together, so that little is padded; results come with the place of their text. */
async function runSorted(
  thread: LocalThread,
  texts: readonly string[],
  isUrgent: boolean,
  signal: AbortSignal,
  take: (place: number, row: Float32Array) => void,
  query?: string,
): Promise<void> {
  const places = texts.map((_, place) => place).toSorted((a, b) => texts[a]!.length - texts[b]!.length);
  let done = 0;
  for (const group of batchTexts(places.map((place) => texts[place]!), countTokens, batch)) {
    const rows: Rows = await thread.run({ texts: group, query }, isUrgent, signal);
    if (rows.values.length !== group.length * rows.dimensions) throw unavailable('The local model gave a wrong number of rows.');
    group.forEach((_, at) => {
      take(places[done + at] ?? 0, rows.values.subarray(at * rows.dimensions, (at + 1) * rows.dimensions));
    });
    done += group.length;
  }
}

/** Runs the work, but no longer than that. @throws what `late` makes, when the time is over */
async function within<T>(ms: number, caller: AbortSignal, late: () => AppError, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const clock = AbortSignal.timeout(ms);
  try {
    return await work(AbortSignal.any([caller, clock]));
  } catch (error) {
    caller.throwIfAborted();
    throw clock.aborted ? late() : error;
  }
}

function tooSlow(id: string, { downloaded, dimensions }: LocalThread): AppError {
  if (downloaded !== null) return unavailable(`The local model ${id} is still being downloaded (${downloaded} %).`);
  if (dimensions === null) return unavailable(`The local model ${id} is still being loaded.`);
  return new AppError('model_timeout', `The local model ${id} was not done in time: use a smaller one, or more cores.`);
}

function toUnit(row: Float32Array, id: string): Float32Array {
  const norm = Math.hypot(...row);
  if (!(norm > 0) || !Number.isFinite(norm)) throw unavailable(`The local model ${id} gave a vector of zeros or of values that are no numbers.`);
  return row.map((value) => value / norm);
}
