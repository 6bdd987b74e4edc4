import { parseArgs } from 'node:util';
import type { Strategy } from '@alcove/client';
import { EvalError } from './eval-error.ts';

export interface EvalOptions {
  folder: string;
  /** `queries_NAME.jsonl`, or a file name. */
  queries: string | undefined;
  qrels: string | undefined;
  /** Which documents a conversation has: those of its own, or all; undefined: as the set is meant. */
  pool: 'own' | 'all' | undefined;
  strategy: Strategy;
  /** A PostgreSQL server; undefined: embedded. */
  database: string | undefined;
  embeddings: { baseUrl: string; model: string } | undefined;
  llm: { baseUrl: string; model: string } | undefined;
  replay: boolean;
  tasks: string | undefined;
  /** Run files with their weights. */
  fuse: string[] | undefined;
  fusion: { k: number; depth: number };
  out: string | undefined;
  compare: string | undefined;
  /** Only so many questions, for a quick look. */
  limit: number;
}

export const help = `npm run eval -- FOLDER [options]
       npm run eval -- citations [FOLDER [N]]    how citations are judged; every N-th case
       npm run eval -- answers [FOLDER [N [SET]]]  answers without a language model; every N-th question
       npm run eval -- history [FOLDER]          search over history, on LoCoMo
       npm run eval -- fusion [FOLDER]           fusion with vectors of an unknown model, good ones and noise
       npm run eval -- feedback [FOLDER]         a second search with words of the first passages
       npm run eval -- reading [FOLDER]          how much of each format's documents is read
       npm run eval -- scans [N [FOLDER...]]     what text recognition reads of a page of N open PDFs

Measures retrieval on a folder of judged questions, through the HTTP API of a server with a throw-away database.

FOLDER holds one of
  corpus.jsonl[.gz], queries*.jsonl, qrels.tsv [, scopes.jsonl]   passages
  pdfs/, documents.jsonl, queries.jsonl, page_qrels.tsv           filings; a hit is a page
  folders of these shapes, measured one after the other

  --queries NAME       queries_NAME.jsonl, or a file (default: queries.jsonl, else queries_lastturn.jsonl)
  --qrels FILE         judgements (default: qrels.tsv beside queries; with none, only --out is written)
  --scopes             each conversation has the passages of its own (scopes.jsonl)
  --pool all           one conversation has everything
  --strategy NAME      keyword, vector or rrf_fusion (default: rrf_fusion with --embeddings, else keyword)
  --embeddings URL     an OpenAI-compatible endpoint, with --model ID
  --replay             plays conversations.jsonl: each question is asked below its real history
  --tasks FILE         with --replay: tasks with their history instead of conversations.jsonl
  --llm URL            with --replay: an OpenAI-compatible chat endpoint, with --llm-model ID
  --fuse RUN:W RUN:W   fuses run files instead; W may be a list (0.1,0.2,0.3), and a table is printed
  --k 60 --depth 100   of the fusion
  --out FILE           writes the run: {"query_id", "results": [[id, score], ...]} a line
  --compare FILE       paired bootstrap against another run
  --database URL       PostgreSQL with pgvector whose role may create databases (default: embedded)
  --limit N            only the first N questions`;

const strategies: readonly Strategy[] = ['keyword', 'vector', 'rrf_fusion'];

/** Null: help is wanted. @throws EvalError for what cannot be meant */
export function readOptions(args: string[]): EvalOptions | null {
  const { values, positionals } = parse(args);
  if (values.help) return null;
  const [folder, ...runs] = positionals;
  if (folder === undefined) throw new EvalError('Name the folder to measure with.');
  if (!values.fuse && runs.length > 0) throw new EvalError(`One folder at a time: "${runs[0]}" is too many.`);
  if (values.fuse && runs.length === 0) throw new EvalError('--fuse needs run files: --fuse RUN:0.2 RUN:1');
  if (values.scopes && values.pool === 'all')
    throw new EvalError('--scopes and --pool all exclude each other.');
  if (values.pool !== undefined && values.pool !== 'all' && values.pool !== 'own')
    throw new EvalError('--pool is "own" or "all".');
  const embeddings = endpoint('--embeddings', values.embeddings, '--model', values.model);
  const strategy = strategies.find((one) => one === values.strategy);
  if (values.strategy !== undefined && strategy === undefined) {
    throw new EvalError(`--strategy is one of ${strategies.join(', ')}.`);
  }
  if (strategy !== undefined && strategy !== 'keyword' && embeddings === undefined) {
    throw new EvalError(`--strategy ${strategy} needs --embeddings URL --model ID.`);
  }
  return {
    folder,
    queries: values.queries,
    qrels: values.qrels,
    pool: values.scopes ? 'own' : values.pool,
    strategy: strategy ?? (embeddings === undefined ? 'keyword' : 'rrf_fusion'),
    database: values.database,
    embeddings,
    llm: endpoint('--llm', values.llm, '--llm-model', values['llm-model']),
    replay: values.replay,
    tasks: values.tasks,
    fuse: values.fuse ? runs : undefined,
    fusion: { k: toNumber('--k', values.k, 60), depth: toNumber('--depth', values.depth, 100) },
    out: values.out,
    compare: values.compare,
    limit: toNumber('--limit', values.limit, Number.POSITIVE_INFINITY),
  };
}

function parse(args: string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        help: { ...flag, short: 'h' },
        queries: text,
        qrels: text,
        scopes: flag,
        pool: text,
        strategy: text,
        database: text,
        embeddings: text,
        model: text,
        llm: text,
        'llm-model': text,
        replay: flag,
        tasks: text,
        fuse: flag,
        k: text,
        depth: text,
        out: text,
        compare: text,
        limit: text,
      },
    });
  } catch (cause) {
    throw new EvalError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function endpoint(name: string, baseUrl: string | undefined, modelName: string, model: string | undefined) {
  if (baseUrl === undefined && model === undefined) return undefined;
  if (baseUrl === undefined || model === undefined)
    throw new EvalError(`${name} URL and ${modelName} ID belong together.`);
  if (!URL.canParse(baseUrl)) throw new EvalError(`${name} is not a URL: ${baseUrl}`);
  return { baseUrl, model };
}

function toNumber(name: string, value: string | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) throw new EvalError(`${name} is a whole number above 0.`);
  return number;
}
