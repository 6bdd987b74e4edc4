import { parentPort, workerData } from 'node:worker_threads';
import { poolRows, probabilities, type TensorLike } from './local-pooling.ts';
import type { LocalFailure, LocalReply, LocalRequest, LocalSetup } from './local-protocol.ts';

// The thread of one local model: inference takes seconds of a core, which the event loop of the server cannot spare.

/** The part of @huggingface/transformers that is used: an optional package, whose types may not be there. */
interface Transformers {
  env: Record<'cacheDir' | 'localModelPath' | 'remoteHost', string> & {
    allowRemoteModels: boolean;
    logLevel: number;
  };
  LogLevel: { ERROR: number };
  AutoTokenizer: { from_pretrained(path: string, options: object): Promise<Tokenizer> };
  AutoModel: { from_pretrained(path: string, options: object): Promise<Model> };
  AutoModelForSequenceClassification: { from_pretrained(path: string, options: object): Promise<Model> };
}
type Encoded = Record<string, unknown> & { attention_mask: TensorLike };
type Tokenizer = ((texts: string[], options: object) => Encoded) & { model_max_length: number };
type Model = ((inputs: Encoded) => Promise<Record<string, TensorLike>>) & {
  config: { max_position_embeddings?: number; model_type?: string };
};

const { source, task, runtime, hub, threads } = workerData as LocalSetup;
const port = parentPort;
if (port === null) throw new Error('runs as a worker thread only');
const reply = (message: LocalReply, transfer: ArrayBuffer[] = []): void =>
  port.postMessage(message, transfer);

/** Longer inputs take memory by the square of their length; chunks are far below it. */
const maxTokens = 2048;

type Run = (request: LocalRequest) => Promise<Extract<LocalReply, { type: 'done' }>>;

try {
  const run = await load();
  port.on('message', (request: LocalRequest) => void answer(run, request));
} catch (error) {
  // Said to the parent, which decides when to try again; this thread ends by itself.
  reply({ type: 'failed', reason: reasonOf(error), detail: detailOf(error) });
}

async function answer(run: Run, request: LocalRequest): Promise<void> {
  try {
    const done = await run(request);
    reply(done, [done.values.buffer as ArrayBuffer]);
  } catch (error) {
    reply({ type: 'failed', reason: 'run', detail: detailOf(error) });
  }
}

async function load(): Promise<Run> {
  const transformers = (await import(runtime).catch((cause: unknown) => {
    throw new Error(detailOf(cause), { cause: 'runtime' satisfies LocalFailure });
  })) as Transformers;
  const { env } = transformers;
  env.logLevel = transformers.LogLevel.ERROR;
  env.allowRemoteModels = source.mayDownload;
  env.cacheDir = source.modelsDir;
  env.localModelPath = source.modelsDir;
  if (hub !== undefined) env.remoteHost = `${hub.replace(/(?<!\/)\/+$/, '')}/`;
  const options = {
    local_files_only: !source.mayDownload,
    dtype: source.dtype,
    subfolder: source.subfolder,
    device: 'cpu',
    session_options: { intraOpNumThreads: threads },
    progress_callback: reportProgress(),
  };
  const kind = task === 'embed' ? transformers.AutoModel : transformers.AutoModelForSequenceClassification;
  // The model first: when the hub does not have it, its error says so, and the tokenizer's does not.
  const model = await kind.from_pretrained(source.path, options);
  const tokenizer = await transformers.AutoTokenizer.from_pretrained(source.path, {
    local_files_only: !source.mayDownload,
  });
  const run = runWith(tokenizer, model);
  const probe = await run({ texts: ['a'], ...(task === 'score' ? { query: 'a' } : {}) });
  reply({ type: 'ready', dimensions: probe.dimensions });
  return run;
}

function runWith(tokenizer: Tokenizer, model: Model): Run {
  const limits = [tokenizer.model_max_length, positionsOf(model), maxTokens].filter((limit) => limit > 0);
  const encoding = { padding: true, truncation: true, max_length: Math.min(...limits) };
  return async ({ texts, query }) => {
    if (query !== undefined) {
      const questions = texts.map(() => query);
      const { logits } = await model(tokenizer(questions, { ...encoding, text_pair: [...texts] }));
      if (logits === undefined) throw new Error('the model gives no score: it is not a cross-encoder');
      return { type: 'done', values: probabilities(logits), dimensions: 1 };
    }
    const inputs = tokenizer([...texts], encoding);
    const output = await model(inputs);
    const hidden = output['sentence_embedding'] ?? output['last_hidden_state'] ?? output['token_embeddings'];
    if (hidden === undefined)
      throw new Error('the model gives no hidden states: it is not an embedding model');
    const values = poolRows(hidden, inputs.attention_mask, source.pooling);
    return { type: 'done', values, dimensions: hidden.dims.at(-1) ?? 0 };
  };
}

/** RoBERTa and its children count positions from 2. */
function positionsOf({ config }: Model): number {
  const positions = config.max_position_embeddings ?? Number.POSITIVE_INFINITY;
  return /roberta|camembert|mpnet/.test(config.model_type ?? '') ? positions - 2 : positions;
}

/** Percent of all bytes, told once for each. */
function reportProgress(): (info: { status: string; progress?: number }) => void {
  let last = -1;
  return ({ status, progress = 0 }) => {
    const percent = Math.floor(progress);
    if (status !== 'progress_total' || percent === last || !source.mayDownload) return;
    last = percent;
    reply({ type: 'progress', percent });
  };
}

function reasonOf(error: unknown): LocalFailure {
  if (!(error instanceof Error)) return 'model';
  if (error.cause === 'runtime') return 'runtime';
  if (error.message.includes('fetch failed')) return 'network';
  if (error.name !== 'ModelFileNotFoundError') return 'model';
  return source.mayDownload ? 'unknown_model' : 'files';
}

function detailOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return `${error.message}${cause}`;
}
