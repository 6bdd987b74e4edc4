import type { Models } from './model.ts';

// Said at start, in /capabilities and beside answers, always in the same words, so that a client shows each once.
export const noLanguageModel =
  'No language model: answers quote the documents. Set LLM_BASE_URL and LLM_MODEL, or OPENAI_API_KEY, or start Ollama.';
export const noSemanticSearch =
  'Semantic search is off: "npm run alcove -- models add bge-small" turns it on (multilingual-e5-small where not all is English), or EMBEDDING_BASE_URL and EMBEDDING_MODEL of a server. Keyword search works.';

/** What users can do without. */
export function switchedOff(models: Pick<Models, 'chat' | 'embedding'>): string[] {
  return [
    ...(models.chat === null ? [noLanguageModel] : []),
    ...(models.embedding === null ? [noSemanticSearch] : []),
  ];
}
