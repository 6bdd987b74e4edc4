import type { ModelConfig } from './model.ts';

/**
 * The models of a provider that is reached by its own key. `LLM_MODEL` belongs to the server of
 * `LLM_BASE_URL` where there is one, else to the provider whose names look like it.
 */
export function chatModelsFor(config: ModelConfig, ownNames: RegExp, fallback: string): string[] {
  const wanted = config.llmBaseUrl ? [] : namesIn(config.llmModel);
  return wanted.length === 0 ? [fallback] : wanted.filter((name) => ownNames.test(name));
}

/** The same for `EMBEDDING_MODEL`, which belongs to `EMBEDDING_BASE_URL` or `LLM_BASE_URL` first. */
export function embeddingModelFor(config: ModelConfig, ownNames: RegExp, fallback: string): string | null {
  const isElsewhere = config.embeddingBaseUrl || config.llmBaseUrl;
  const wanted = isElsewhere ? undefined : config.embeddingModel;
  if (wanted === undefined) return fallback;
  return ownNames.test(wanted) ? wanted : null;
}

/** `LLM_MODEL` may hold several names, separated by commas. */
export function namesIn(setting: string | undefined): string[] {
  return (setting ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
