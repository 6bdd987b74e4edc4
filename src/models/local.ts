import { availableParallelism } from 'node:os';
import { AppError } from '../errors.ts';
import { limitsOf } from './limits.ts';
import { runLocallyWithin } from './local-batches.ts';
import { localEmbedding } from './local-embedding.ts';
import type { LocalTask } from './local-protocol.ts';
import { findRuntime } from './local-runtime.ts';
import { findLocalModel, isLocalName, localPrefix } from './local-source.ts';
import { createLocalThread, type LocalThread } from './local-thread.ts';
import type { ModelConfig, ModelProvider, ProviderModels, RerankModel } from './model.ts';

/** Models that run on this machine: `EMBEDDING_MODEL=local:…` and `RERANK_MODEL=local:…`. */
export const local: ModelProvider = {
  name: 'local',
  async connect(config, signal) {
    const found: ProviderModels = { chat: [], embedding: null, rerank: null, notices: [] };
    const { embeddingModel, rerankModel } = config;
    if (isLocalName(embeddingModel)) {
      const thread = await openThread(embeddingModel, 'embed', config, found.notices, signal);
      const openOther = (id: string) => laterThread(id, config, signal);
      if (thread !== null) found.embedding = localEmbedding(thread, config.embeddingDimensions, openOther);
    }
    if (isLocalName(rerankModel)) {
      const thread = await openThread(rerankModel, 'score', config, found.notices, signal);
      if (thread !== null) found.rerank = localRerank(thread, limitsOf(config).rerankMs);
    }
    return found;
  },
};

function localRerank(thread: LocalThread, rerankMs: number): RerankModel {
  return {
    id: thread.id.slice(localPrefix.length),
    provider: 'Local model',
    async score(query, texts, signal) {
      const rows = await runLocallyWithin(rerankMs, thread, { texts, query, isUrgent: true }, signal);
      return rows.map((row) => row[0] ?? 0);
    },
  };
}

/** Begins to load the model, so that the first question need not wait; null, and a notice, when it cannot be. */
async function openThread(
  setting: string,
  task: LocalTask,
  config: ModelConfig,
  notices: string[],
  signal: AbortSignal,
): Promise<LocalThread | null> {
  try {
    const thread = await prepareThread(setting, task, config, signal);
    thread
      .ready()
      .catch((error: unknown) => config.report?.(error instanceof Error ? error.message : String(error)));
    return thread;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    notices.push(error.message);
    return null;
  }
}

async function prepareThread(
  setting: string,
  task: LocalTask,
  config: ModelConfig,
  signal: AbortSignal,
): Promise<LocalThread> {
  const source = await findLocalModel(setting, config);
  const runtime = findRuntime(source.modelsDir);
  // One core is left to the server.
  const threads = Math.max(1, availableParallelism() - 1);
  const thread = createLocalThread(
    { source, task, runtime, hub: config.modelHub, threads },
    config.report ?? (() => {}),
  );
  signal.addEventListener('abort', () => void thread.stop(), { once: true });
  return thread;
}

/** Looks for the model when it is first used: most questions never need the one from before. */
function laterThread(id: string, config: ModelConfig, signal: AbortSignal): LocalThread {
  let opened: LocalThread | null = null;
  const open = async (): Promise<LocalThread> =>
    (opened ??= await prepareThread(id, 'embed', config, signal));
  return {
    id,
    get dimensions() {
      return opened?.dimensions ?? null;
    },
    get downloaded() {
      return opened?.downloaded ?? null;
    },
    ready: async () => (await open()).ready(),
    run: async (request, isUrgent, within) => (await open()).run(request, isUrgent, within),
    stop: async () => opened?.stop(),
  };
}
