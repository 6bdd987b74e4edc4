import type { Models } from './model.ts';

// Said at start, in /capabilities and beside answers, always in the same words, so that a client shows each once.
const noLanguageModelAdvice =
  'No language model: answers quote the documents. Set LLM_BASE_URL and LLM_MODEL, or OPENAI_API_KEY, or start Ollama.';
const noSemanticSearchAdvice =
  'Semantic search is off: "npm run alcove -- models add bge-small" turns it on (multilingual-e5-small where not all is English), or EMBEDDING_BASE_URL and EMBEDDING_MODEL of a server. Keyword search works.';
// Beside answers, which others than administrators read too: without a setting, and up to the colon the same.
export const noLanguageModel = 'No language model: answers quote the documents.';
export const noSemanticSearch = 'Semantic search is off: keyword search works.';

/** What users can do without, and what whoever runs the server can do about it. */
export function switchedOff(models: Pick<Models, 'chat' | 'embedding'>): string[] {
  return [
    ...(models.chat === null ? [noLanguageModelAdvice] : []),
    ...(models.embedding === null ? [noSemanticSearchAdvice] : []),
  ];
}

/** A notice as it may stand beside an answer: of earlier versions' answers the advice is left out. */
export function withoutAdvice(notice: string): string {
  if (notice === noLanguageModelAdvice) return noLanguageModel;
  return notice === noSemanticSearchAdvice ? noSemanticSearch : notice;
}
