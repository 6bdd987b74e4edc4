import { jsonFetch } from './bounded-fetch.ts';
import { isRecord } from './json.ts';
import type { ModelLimits } from './limits.ts';

export interface ListedModel {
  id: string;
  /** Tokens, where the server tells (vLLM, llama.cpp, OpenRouter and LM Studio do). */
  contextWindow?: number;
}

interface ModelServer {
  name: string;
  baseUrl: string;
  apiKey?: string;
  addressSetting: string;
  limits: ModelLimits;
}

/** The models that a server names; none, and a notice, when it does not answer in time. */
export async function listModels(
  server: ModelServer,
  notices: string[],
  signal: AbortSignal,
): Promise<ListedModel[]> {
  const headers: Record<string, string> = server.apiKey ? { authorization: `Bearer ${server.apiKey}` } : {};
  const url = `${server.baseUrl.replace(/(?<!\/)\/+$/, '')}/models`;
  try {
    return parseModels(await getJson(url, headers, server.limits.discoverMs, signal));
  } catch {
    signal.throwIfAborted();
    // Not fatal: the server may start later, and some have no such list.
    notices.push(`${server.name} at ${server.addressSetting} did not list its models at start.`);
    return [];
  }
}

/** A bounded GET of a JSON document. @throws when the answer is late, not a success or not JSON. */
export async function getJson(
  url: string,
  headers: Record<string, string>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<unknown> {
  const response = await jsonFetch()(url, {
    headers,
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  });
  if (response.ok) return await response.json();
  await response.body?.cancel();
  throw new Error(`HTTP ${response.status}`);
}

/** Whether a model's name says that it makes embeddings. */
export function isEmbeddingName(name: string): boolean {
  return /embed|\bbge\b|bge-|minilm|(^|[/_-])e5[-_]|(^|[/_-])gte[-_]/i.test(name);
}

function parseModels(body: unknown): ListedModel[] {
  const data = isRecord(body) && Array.isArray(body.data) ? body.data : [];
  return data.filter(isRecord).flatMap((model) => {
    if (typeof model.id !== 'string') return [];
    const meta = isRecord(model.meta) ? model.meta : {};
    const told = [model.max_model_len, meta.n_ctx, model.loaded_context_length, model.context_length];
    return [{ id: model.id, contextWindow: told.find(isPositive) }];
  });
}

function isPositive(value: unknown): value is number {
  return typeof value === 'number' && value > 0;
}
