import { APICallError } from 'ai';
import { jsonFetch } from './bounded-fetch.ts';
import { explainFault, type ProviderLabel } from './explain-fault.ts';
import { ModelFault, ReportedError } from './faults.ts';
import { isRecord, parseJson } from './json.ts';
import { limitsOf, type ModelLimits } from './limits.ts';
import type { ModelProvider, RerankModel } from './model.ts';
import { retryTransient } from './policy.ts';
import { startWatchdog } from './watchdog.ts';

/** Any server with the route `/rerank`, as Jina, Cohere, vLLM, llama.cpp and text-embeddings-inference have it. */
export const rerankServer: ModelProvider = {
  name: 'rerank',
  async connect(config) {
    const nothing = { chat: [], embedding: null, notices: [] };
    const { rerankBaseUrl: baseUrl, rerankModel: model, rerankApiKey: apiKey } = config;
    if (model?.startsWith('local:')) return nothing;
    if (!baseUrl) {
      return model
        ? {
            ...nothing,
            notices: ['RERANK_MODEL is set, but not the address of its server: set RERANK_BASE_URL.'],
          }
        : nothing;
    }
    return { ...nothing, rerank: rerankModel({ baseUrl, model, apiKey, limits: limitsOf(config) }) };
  },
};

export interface RerankServer {
  baseUrl: string;
  /** Absent: the server has one model only. */
  model?: string;
  apiKey?: string;
  limits: ModelLimits;
}

/** A text longer than that is cut: no reranker reads more, and some refuse the request. */
const maxChars = 24_000;

function rerankModel(server: RerankServer): RerankModel {
  const label: ProviderLabel = {
    name: 'The reranking server',
    addressSetting: 'RERANK_BASE_URL',
    keySetting: 'RERANK_API_KEY',
    modelSetting: 'RERANK_MODEL',
    secret: server.apiKey,
  };
  let dialect: Dialect = common;
  return {
    id: server.model ?? 'rerank',
    provider: label.name,
    async score(query, texts, signal) {
      signal.throwIfAborted();
      if (texts.length === 0) return [];
      const cut = texts.map((text) => text.slice(0, maxChars));
      const watch = startWatchdog(signal);
      // One clock over all attempts: a person is waiting.
      watch.arm(server.limits.rerankMs, 'rerank_timeout');
      const ask = () =>
        retryTransient(
          () => watch.race(send(server, dialect, query, cut, watch.signal)),
          server.limits,
          watch.signal,
        );
      try {
        return await ask().catch((error: unknown) => {
          if (dialect !== common || !isUnknownForm(error)) throw error;
          dialect = embeddingsInference;
          return ask();
        });
      } catch (error) {
        signal.throwIfAborted();
        throw explainFault(watch.signal.aborted ? watch.signal.reason : error, label, server.limits);
      } finally {
        watch.stop();
      }
    },
  };
}

interface Dialect {
  body(model: string | undefined, query: string, texts: readonly string[]): unknown;
  /** The list of scored items in a response; undefined when it is not there. */
  items(body: unknown): unknown;
  score: string;
}

/** Jina's, which Cohere, vLLM, llama.cpp, LocalAI and Infinity share. */
const common: Dialect = {
  body: (model, query, texts) => ({ model, query, documents: texts }),
  items: (body) => (isRecord(body) ? body.results : undefined),
  score: 'relevance_score',
};

/** https://huggingface.github.io/text-embeddings-inference: `texts` instead of `documents`, a bare list in return. */
const embeddingsInference: Dialect = {
  body: (_model, query, texts) => ({ query, texts, truncate: true }),
  items: (body) => body,
  score: 'score',
};

/** A server that misses a field says 422, older ones 400. */
function isUnknownForm(error: unknown): boolean {
  return APICallError.isInstance(error) && (error.statusCode === 422 || error.statusCode === 400);
}

async function send(
  { baseUrl, model, apiKey }: RerankServer,
  dialect: Dialect,
  query: string,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<number[]> {
  const url = `${baseUrl.replace(/(?<!\/)\/+$/, '')}/rerank`;
  const headers = {
    'content-type': 'application/json',
    ...(apiKey ? { authorization: `Bearer ${apiKey}` } : {}),
  };
  const body = JSON.stringify(dialect.body(model, query, texts));
  const response = await jsonFetch()(url, { method: 'POST', headers, body, signal }).catch(
    (cause: unknown) => {
      signal.throwIfAborted();
      throw failedCall(url, 'the connection failed', cause);
    },
  );
  const text = await response.text();
  if (!response.ok) throw failedCall(url, `HTTP ${response.status}`, undefined, response, text);
  const parsed = parseJson(text);
  if (parsed === undefined) throw new ModelFault('malformed', 'the response is no JSON');
  if (isRecord(parsed) && parsed.error) throw new ReportedError(parsed.error);
  return readScores(dialect.items(parsed), dialect.score, texts.length);
}

/** The SDK's own kind of error, so that one place explains them all; without what was asked, which no log may keep. */
function failedCall(
  url: string,
  message: string,
  cause?: unknown,
  response?: Response,
  responseBody?: string,
): APICallError {
  return new APICallError({
    message,
    url,
    requestBodyValues: {},
    statusCode: response?.status,
    responseHeaders: response && Object.fromEntries(response.headers),
    responseBody,
    cause,
  });
}

function isPlace(index: unknown, count: number): index is number {
  return typeof index === 'number' && Number.isInteger(index) && index >= 0 && index < count;
}

/** Servers send them best first, each with the place of its text. */
function readScores(items: unknown, field: string, count: number): number[] {
  const scores = new Array<number | undefined>(count);
  for (const item of Array.isArray(items) ? items : []) {
    const { index, [field]: score } = isRecord(item) ? item : {};
    if (isPlace(index, count) && typeof score === 'number' && Number.isFinite(score)) {
      scores[index] = score;
    }
  }
  return Array.from(scores, (score) => {
    if (score === undefined)
      throw new ModelFault('unusable_scores', `not one score for each of ${count} texts`);
    return score;
  });
}
