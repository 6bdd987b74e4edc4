import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, isAbsolute, join, resolve } from 'node:path';
import { AppError } from '../errors.ts';
import { isRecord, parseJson } from './json.ts';
import type { ModelConfig } from './model.ts';

export type Pooling = 'mean' | 'cls' | 'last';

/** Where a `local:` model is loaded from. */
export interface LocalSource {
  /** `local:` and the model's name, without the path of this machine. */
  id: string;
  /** A folder, or the id of a model on the hub. */
  path: string;
  /** False: nothing but the folder is read. */
  mayDownload: boolean;
  modelsDir: string;
  /** Precision of the weights, as transformers.js names it. */
  dtype: string;
  /** `onnx`, or the folder itself. */
  subfolder: string;
  pooling: Pooling;
}

export const localPrefix = 'local:';

export function isLocalName(setting: string | undefined): setting is string {
  return setting?.startsWith(localPrefix) === true;
}

/** Finds a model by its setting. @throws AppError `model_unavailable` saying which files it needs, and where */
export async function findLocalModel(setting: string, config: ModelConfig): Promise<LocalSource> {
  const name = setting.slice(localPrefix.length).trim();
  const modelsDir = resolve(config.localModelsDir ?? 'models');
  const isPath = isAbsolute(name) || name.startsWith('.');
  const folder = isPath ? resolve(name) : join(modelsDir, name);
  const shown = isPath ? basename(folder) : name;
  const shared = { id: `${localPrefix}${shown}`, modelsDir };
  const missing = missingFiles(folder);
  if (missing.length === 0) {
    const { dtype, subfolder } = chooseWeights(folder, config.localModelsDtype);
    return {
      ...shared,
      path: folder,
      mayDownload: false,
      dtype,
      subfolder,
      pooling: await readPooling(folder, shown),
    };
  }
  if (!isPath && /^[\w.-]+\/[\w.-]+$/.test(name)) {
    const dtype = config.localModelsDtype ?? 'fp32';
    return { ...shared, path: name, mayDownload: true, dtype, subfolder: 'onnx', pooling: poolingOf(name) };
  }
  if (!existsSync(folder)) {
    throw unavailable(
      `There is no folder ${folder} for "${setting}": put the model there, or name one of the hub as local:owner/name.`,
    );
  }
  throw unavailable(
    `The folder ${folder} is not a model that can be run here: it lacks ${missing.join(' and ')}.`,
  );
}

export function unavailable(sentence: string, cause?: unknown): AppError {
  return new AppError('model_unavailable', sentence, { cause });
}

/** Endings of the files of weights; the first that is there is taken. */
const weightFiles: readonly [dtype: string, suffix: string][] = [
  ['fp32', ''],
  ['q8', '_quantized'],
  ['int8', '_int8'],
  ['uint8', '_uint8'],
  ['fp16', '_fp16'],
  ['q4', '_q4'],
  ['q4f16', '_q4f16'],
  ['bnb4', '_bnb4'],
];

function missingFiles(folder: string): string[] {
  const missing = ['config.json', 'tokenizer.json', 'tokenizer_config.json'].filter(
    (file) => !existsSync(join(folder, file)),
  );
  const hasWeights = weightFiles.some(([, suffix]) =>
    ['onnx', ''].some((sub) => existsSync(join(folder, sub, `model${suffix}.onnx`))),
  );
  return hasWeights ? missing : [...missing, 'onnx/model.onnx'];
}

function chooseWeights(folder: string, wanted: string | undefined): { dtype: string; subfolder: string } {
  const there = weightFiles.flatMap(([dtype, suffix]) =>
    ['onnx', '']
      .filter((sub) => existsSync(join(folder, sub, `model${suffix}.onnx`)))
      .map((subfolder) => ({ dtype, subfolder })),
  );
  const chosen = wanted === undefined ? there[0] : there.find(({ dtype }) => dtype === wanted);
  if (chosen !== undefined) return chosen;
  const offered = [...new Set(there.map(({ dtype }) => dtype))].join(', ');
  throw unavailable(
    `The folder ${folder} has no weights of LOCAL_MODELS_DTYPE=${wanted}; it has ${offered}.`,
  );
}

/** How sentence-transformers records it beside a model; else by the model's family. */
async function readPooling(folder: string, name: string): Promise<Pooling> {
  const text = await readFile(join(folder, '1_Pooling', 'config.json'), 'utf8').catch(() => '');
  const config = parseJson(text);
  if (!isRecord(config)) return poolingOf(name);
  if (config.pooling_mode_cls_token === true) return 'cls';
  return config.pooling_mode_lasttoken === true ? 'last' : 'mean';
}

/** Source of each: the model card of its family. */
function poolingOf(name: string): Pooling {
  const lower = name.toLowerCase();
  if (/qwen3-embedding|e5-mistral/.test(lower)) return 'last';
  return /bge-|mxbai-embed|arctic-embed|gte-(modernbert|multilingual|(base|large)-en-v1\.5)/.test(lower)
    ? 'cls'
    : 'mean';
}
