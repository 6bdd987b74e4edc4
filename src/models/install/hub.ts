import { isRecord } from '../json.ts';
import { unavailable } from '../local-source.ts';
import type { Fingerprint } from './fingerprint.ts';
import { knownModels, type ModelTask } from './known-models.ts';

export const usualHub = 'https://huggingface.co';

/** What is to be fetched, and what each file must be. */
export interface Wanted {
  repository: string;
  revision: string;
  /** Undefined: its configuration tells. */
  task: ModelTask | undefined;
  files: ReadonlyMap<string, Fingerprint>;
}

const needed = ['config.json', 'tokenizer.json', 'tokenizer_config.json'];
/** In order of preference: the smallest that a processor runs quickly and well. */
const weights = ['onnx/model_quantized.onnx', 'onnx/model_int8.onnx', 'onnx/model.onnx'];
/** Says how the states of the tokens become one vector. */
const optional = ['1_Pooling/config.json'];
const askMs = 30_000;

/** A model of our table by its short name. */
export function findKnown(name: string): Wanted | null {
  const known = knownModels.find((model) => model.name === name);
  if (known === undefined) return null;
  const files = Object.entries(known.files).map(
    ([path, hex]) => [path, { kind: 'sha256', hex } satisfies Fingerprint] as const,
  );
  return { ...known, files: new Map(files) };
}

/**
 * What the hub, or a mirror of it, says of a repository: its newest commit and the hash of each file there. That binds
 * the files to what the hub says, and is no stronger than the hub. @throws AppError in one sentence
 */
export async function askHub(hub: string, repository: string, signal: AbortSignal): Promise<Wanted> {
  const url = `${hub}/api/models/${repository}/revision/main?blobs=true`;
  const response = await fetch(url, {
    signal: AbortSignal.any([signal, AbortSignal.timeout(askMs)]),
  }).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw unreachable(hub, cause);
  });
  const body: unknown = await response.json().catch(() => null);
  if (response.status === 404 || response.status === 401)
    throw unavailable(
      `${hub} has no public model ${repository}: check its name, or choose ${namesOfKnown()}.`,
    );
  if (!response.ok || !isRecord(body) || typeof body.sha !== 'string' || !Array.isArray(body.siblings))
    throw unavailable(
      `${hub} does not say which files ${repository} has (HTTP ${response.status}): give another mirror, or a folder with --from.`,
    );
  const listed = new Map(body.siblings.filter(isRecord).flatMap(readFile));
  const chosen = [...needed, weights.find((path) => listed.has(path)) ?? 'onnx/model.onnx'];
  const missing = chosen.filter((path) => !listed.has(path));
  if (missing.length > 0)
    throw unavailable(`${repository} cannot be run here: it lacks ${missing.join(' and ')}.`);
  const files = [...chosen, ...optional].flatMap((path) => {
    const fingerprint = listed.get(path);
    return fingerprint === undefined ? [] : [[path, fingerprint] as const];
  });
  return { repository, revision: body.sha, task: undefined, files: new Map(files) };
}

export function namesOfKnown(): string {
  const names = knownModels.map(({ name }) => name);
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

export function unreachable(hub: string, cause: unknown): Error {
  return unavailable(
    `${hub} cannot be reached: check the network, or give a mirror with --mirror URL or a folder with --from FOLDER.`,
    cause,
  );
}

/** Large files are kept beside git, by their SHA-256; the others are blobs of git. */
function readFile(file: Record<string, unknown>): [string, Fingerprint][] {
  const { rfilename: path, blobId, lfs } = file;
  if (typeof path !== 'string') return [];
  if (isRecord(lfs) && isHex(lfs.sha256, 64)) return [[path, { kind: 'sha256', hex: lfs.sha256 }]];
  return isHex(blobId, 40) ? [[path, { kind: 'git', hex: blobId }]] : [];
}

function isHex(value: unknown, length: number): value is string {
  return typeof value === 'string' && value.length === length && /^[0-9a-f]+$/.test(value);
}
