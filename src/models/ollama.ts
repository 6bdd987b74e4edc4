import { isRecord } from './json.ts';
import { limitsOf } from './limits.ts';
import { getJson, isEmbeddingName } from './list-models.ts';
import { type ModelConfig, type ModelProvider, nothingConfigured } from './model.ts';
import { compatibleChat, compatibleEmbedding, type CompatibleServer } from './openai-compatible.ts';
import { namesIn } from './provider-models.ts';

/** An Ollama on this machine, found by itself; `OLLAMA=off` does not look for one. */
export const ollama: ModelProvider = {
  name: 'ollama',
  fallback: true,
  async connect(config, signal) {
    if (config.ollama === 'off') return nothingConfigured;
    const limits = limitsOf(config);
    const { origin, installed } = await findOllama(config, signal);
    if (installed === null) {
      const notices = config.ollamaHost ? ['No Ollama answers at OLLAMA_HOST.'] : [];
      return { ...nothingConfigured, notices };
    }
    const server: CompatibleServer = {
      name: 'Ollama',
      baseUrl: `${origin}/v1`,
      addressSetting: 'OLLAMA_HOST',
      keySetting: 'LLM_API_KEY',
      limits,
    };
    const { chatNames, embeddingName } = chooseModels(installed, config.llmBaseUrl ? {} : config);
    const window = config.llmContextWindow ?? defaultOllamaWindow;
    const chat = chatNames.map((name) => compatibleChat(server, name, window));
    const embedding = embeddingName
      ? await compatibleEmbedding(server, embeddingName, config.embeddingDimensions)
      : null;
    const notices = chat.length === 0 ? ['Ollama runs, but has no chat model: `ollama pull` one.'] : [];
    return { chat, embedding, embeddingAdvice: ollamaAdvice(installed), notices };
  },
};

/** Where Ollama would be, and what it has; null when none answers. */
export async function findOllama(
  config: ModelConfig,
  signal: AbortSignal,
): Promise<{ origin: string; installed: InstalledModel[] | null }> {
  const origin = ollamaOrigin(config.ollamaHost);
  return { origin, installed: await listInstalled(origin, limitsOf(config).discoverMs, signal) };
}

/** How semantic search is turned on for who has Ollama. */
function ollamaAdvice(installed: readonly InstalledModel[]): string {
  const names = installed.filter(isEmbedding).map(({ name }) => name);
  return names.length === 0
    ? 'Ollama runs: "ollama pull nomic-embed-text" and a restart turn semantic search on as well.'
    : `Ollama has ${names.join(' and ')}: set EMBEDDING_MODEL to it to turn semantic search on as well.`;
}

/** Ollama cuts longer prompts silently, whatever the model could hold, unless it is configured otherwise. */
const defaultOllamaWindow = 4_096;

export interface InstalledModel {
  name: string;
  family: string;
  modifiedAt: string;
  isRemote: boolean;
}

/** Named models first, else the most recently installed; models that run in Ollama's cloud only by name. */
export function chooseModels(
  installed: InstalledModel[],
  wanted: { llmModel?: string; embeddingModel?: string },
): { chatNames: string[]; embeddingName: string | null } {
  const byNewest = installed.toSorted((a, b) => b.modifiedAt.localeCompare(a.modifiedAt));
  const local = byNewest.filter(({ isRemote }) => !isRemote);
  const find = (name: string) =>
    installed.find((model) => model.name === name || model.name === `${name}:latest`)?.name;
  const named = namesIn(wanted.llmModel);
  const chatNames =
    named.length > 0
      ? named.flatMap((name) => find(name) ?? [])
      : local.filter((model) => !isEmbedding(model)).map(({ name }) => name);
  const embeddingName = wanted.embeddingModel ? find(wanted.embeddingModel) : local.find(isEmbedding)?.name;
  return { chatNames, embeddingName: embeddingName ?? null };
}

/** `OLLAMA_HOST` may be a host, a host and port, or an address; Ollama itself listens with it. */
export function ollamaOrigin(host = '127.0.0.1:11434'): string {
  const address = new URL(/^https?:\/\//.test(host) ? host : `http://${host}`);
  const isAnyAddress = address.hostname === '0.0.0.0' || address.hostname === '[::]';
  const hasPort = address.port !== '' || /^https?:\/\//.test(host);
  return `${address.protocol}//${isAnyAddress ? '127.0.0.1' : address.hostname}:${hasPort ? address.port || defaultPort(address) : 11434}`;
}

function defaultPort(address: URL): number {
  return address.protocol === 'https:' ? 443 : 80;
}

async function listInstalled(
  origin: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<InstalledModel[] | null> {
  try {
    return parseTags(await getJson(`${origin}/api/tags`, {}, timeoutMs, signal));
  } catch {
    signal.throwIfAborted();
    // Nothing listens there: the usual case on a machine without Ollama.
    return null;
  }
}

function parseTags(body: unknown): InstalledModel[] {
  const models = isRecord(body) && Array.isArray(body.models) ? body.models : [];
  return models.filter(isRecord).flatMap((model) => {
    const { name, details, modified_at: modifiedAt } = model;
    if (typeof name !== 'string') return [];
    const family = isRecord(details) && typeof details.family === 'string' ? details.family : '';
    const isRemote = typeof model.remote_host === 'string' || /[:-]cloud$/.test(name);
    return [{ name, family, modifiedAt: typeof modifiedAt === 'string' ? modifiedAt : '', isRemote }];
  });
}

export function isEmbedding(model: InstalledModel): boolean {
  return /bert/.test(model.family) || isEmbeddingName(model.name);
}
