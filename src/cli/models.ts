import { whyNoAnswer } from '../doctor/why-no-answer.ts';
import { readConfig } from '../config.ts';
import { knownModels } from '../models/install/known-models.ts';
import type { Models } from '../models/model.ts';
import { findOllama, isEmbedding } from '../models/ollama.ts';
import { connectModels } from '../models/registry.ts';

const patienceMs = 30_000;

/** Lists the models that are configured, whether each answers, those of Ollama, and those that can be added. */
export async function listModels(): Promise<number> {
  const { models: config } = readConfig();
  const ended = new AbortController();
  try {
    const models = await connectModels({ ...config, report: () => {} }, ended.signal);
    const { installed } =
      config.ollama === 'off' ? { installed: null } : await findOllama(config, ended.signal);
    const states = await Promise.all([chatLine(models), embeddingLine(models), rerankLine(models)]);
    for (const { line } of states) print(line);
    if (installed !== null)
      print(
        `Ollama:      ${installed.map((model) => `${model.name}${isEmbedding(model) ? ' (embeddings)' : ''}`).join(', ') || 'runs, and has no model'}`,
      );
    for (const notice of models.notices) print(`- ${notice}`);
    print('');
    print('"npm run alcove -- models add NAME" installs one that runs here:');
    for (const { name, about } of knownModels) print(`  ${name.padEnd(22)} ${about}`);
    return states.every(({ answers }) => answers) ? 0 : 1;
  } finally {
    ended.abort();
  }
}

interface State {
  line: string;
  answers: boolean;
}

async function chatLine({ chat, chatModels }: Models): Promise<State> {
  const label = 'Answers:     ';
  if (chat === null)
    return { line: `${label}no language model (answers quote the documents)`, answers: true };
  const others = chatModels.filter(({ id }) => id !== chat.id).map(({ id }) => id);
  const also = others.length === 0 ? '' : `; also ${others.join(', ')}`;
  return stateOf(label, chat, whyNoAnswer(chat), also);
}

async function embeddingLine({ embedding }: Models): Promise<State> {
  const label = 'Embeddings:  ';
  if (embedding === null) return { line: `${label}none (semantic search is off)`, answers: true };
  return stateOf(label, embedding, failure(embedding.embed(['a'], 'query', AbortSignal.timeout(patienceMs))));
}

async function rerankLine({ rerank }: Models): Promise<State> {
  const label = 'Reranking:   ';
  if (rerank === null) return { line: `${label}none`, answers: true };
  return stateOf(label, rerank, failure(rerank.score('a', ['a'], AbortSignal.timeout(patienceMs))));
}

async function stateOf(
  label: string,
  { id, provider }: { id: string; provider: string },
  asked: Promise<string | null>,
  also = '',
): Promise<State> {
  const reason = await asked;
  const state = reason === null ? 'answers' : `does not answer: ${reason}`;
  return { line: `${label}${id} (${provider}) ${state}${also}`, answers: reason === null };
}

async function failure(asked: Promise<unknown>): Promise<string | null> {
  return asked.then(
    () => null,
    (error: unknown) => {
      if (error instanceof DOMException) return `nothing came within ${patienceMs / 1_000} seconds`;
      return error instanceof Error ? error.message : String(error);
    },
  );
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
