import type { EmbeddingKind } from './model.ts';

/** The text as the model was trained to see it: several families tell questions from passages. */
export function withPrefix(model: string, kind: EmbeddingKind, text: string): string {
  const name = model.toLowerCase().slice(0, 200);
  const family = families.find(({ pattern }) => pattern.test(name));
  return `${family?.[kind] ?? ''}${text}`;
}

interface Family {
  pattern: RegExp;
  query?: string;
  document?: string;
}

const instruct =
  'Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery: ';
const represent = 'Represent this sentence for searching relevant passages: ';

/** First match wins. Source of each: the model card of its family. */
const families: Family[] = [
  { pattern: /e5-[^-]+-instruct|e5-mistral|qwen3-embedding/, query: instruct },
  { pattern: /(^|[/_-])e5([-_:]|$)/, query: 'query: ', document: 'passage: ' },
  { pattern: /bge-m3/ },
  { pattern: /bge-[^-]+-zh/, query: '为这个句子生成表示以用于检索相关文章：' },
  { pattern: /bge-/, query: represent },
  { pattern: /mxbai-embed/, query: represent },
  { pattern: /arctic-embed.*(v2|2\.0)|arctic-embed2/, query: 'query: ' },
  { pattern: /arctic-embed/, query: represent },
  { pattern: /nomic-embed/, query: 'search_query: ', document: 'search_document: ' },
  { pattern: /embedding-?gemma/, query: 'task: search result | query: ', document: 'title: none | text: ' },
];
