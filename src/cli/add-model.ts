import { mkdir, readFile, rm, rmdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { askHolder } from '../backup/ask-server.ts';
import { type Config, envFilePath, npmEnvironment, readConfig } from '../config.ts';
import { writeSetting } from '../config/write-setting.ts';
import { askHub, findKnown, namesOfKnown, usualHub, type Wanted } from '../models/install/hub.ts';
import { installModel } from '../models/install/install-model.ts';
import { readRecord } from '../models/install/install-record.ts';
import { copyRuntime, hasRuntime, installRuntime } from '../models/install/install-runtime.ts';
import type { ModelTask } from '../models/install/known-models.ts';
import { connectModels } from '../models/registry.ts';
import { progressBar } from './progress-bar.ts';

export interface AddOptions {
  mirror?: string;
  from?: string;
}

const settings = { embedding: 'EMBEDDING_MODEL', reranking: 'RERANK_MODEL' } as const;
/** A large model takes a while to be read from a slow disk. */
const tryMs = 300_000;

/**
 * Installs a model that runs here and turns it on: the package that runs it, its weights, a try, the setting, and a
 * running server that takes it up. Throws one sentence for what cannot be done.
 */
export async function addModel(name: string, options: AddOptions): Promise<number> {
  const config = readConfig();
  const modelsDir = config.models.localModelsDir ?? 'models';
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort(new Error('Interrupted: the next try goes on from here.')));
  const { signal } = interrupted;
  if (options.mirror !== undefined && options.from !== undefined)
    throw new Error('Give either --mirror or --from: a model comes from one place.');
  const hub = hubOf(options.mirror ?? config.models.modelHub ?? usualHub);
  const folder = options.from === undefined ? undefined : resolve(options.from);
  const wanted = findKnown(name) ?? (await findUnknown(name, hub, folder, signal));
  await refuseOther(config, wanted);
  await mkdir(modelsDir, { recursive: true });
  try {
    await provideRuntime(modelsDir, folder, signal);
    const bar = progressBar();
    const task = await installModel(wanted, { hub, folder }, modelsDir, bar.show, signal).finally(bar.clear);
    print(
      `${wanted.repository} is in ${join(modelsDir, wanted.repository)}, and every file has the right hash.`,
    );
    const setting = settings[task];
    const value = `local:${wanted.repository}`;
    await tryModel(config, task, value);
    await writeSetting(envFilePath(), setting, value);
    print(`${setting}=${value} is set in ${envFilePath()}.`);
    print(await tellServer(config, setting, value));
  } finally {
    await removeEmpty(modelsDir);
  }
  return 0;
}

function hubOf(text: string): string {
  if (!URL.canParse(text) || !/^https?:/.test(text))
    throw new Error(`--mirror must be an address that begins with http:// or https://, not ${text}.`);
  return text.replace(/(?<!\/)\/+$/, '');
}

async function findUnknown(
  name: string,
  hub: string,
  folder: string | undefined,
  signal: AbortSignal,
): Promise<Wanted> {
  if (!/^[\w.-]+\/[\w.-]+$/.test(name) || name.includes('..'))
    throw new Error(`There is no model ${name}: choose ${namesOfKnown()}, or one of the hub as owner/name.`);
  if (folder === undefined) return askHub(hub, name, signal);
  const recorded = await readRecord(folder, name);
  if (recorded !== null) return recorded;
  throw new Error(
    `${folder} holds no ${name} that was added there: copy the models' folder of a machine on which "models add ${name}" was run.`,
  );
}

/** What the environment sets goes before what this command can write. */
async function refuseOther({ models }: Config, { repository, task }: Wanted): Promise<void> {
  if (models.localModelsDtype !== undefined && !['q8', 'int8'].includes(models.localModelsDtype))
    throw new Error(
      `LOCAL_MODELS_DTYPE=${models.localModelsDtype} is set, and the weights that are added have 8 bits (q8): leave that setting out.`,
    );
  const text = await readFile(envFilePath(), 'utf8').catch(() => '');
  const written = parseEnv(text);
  for (const [kind, setting, now] of [
    ['embedding', 'EMBEDDING_MODEL', models.embeddingModel],
    ['reranking', 'RERANK_MODEL', models.rerankModel],
  ] as const) {
    if ((task !== undefined && task !== kind) || now === undefined || now === written[setting]) continue;
    if (now === `local:${repository}`) continue;
    throw new Error(
      `${setting}=${now} is set in the environment, which goes before ${envFilePath()}: take it out there, and run this again.`,
    );
  }
}

async function provideRuntime(
  modelsDir: string,
  folder: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (hasRuntime(modelsDir)) return;
  print('Installing the package that runs models, half a gigabyte ...');
  if (folder === undefined) await installRuntime(modelsDir, npmEnvironment(), signal);
  else await copyRuntime(folder, modelsDir);
}

/** Nothing is turned on that does not work here. */
async function tryModel({ models }: Config, task: ModelTask, value: string): Promise<void> {
  const ended = new AbortController();
  const within = AbortSignal.timeout(tryMs);
  const only = { localModelsDir: models.localModelsDir, ollama: 'off' as const };
  try {
    const found = await connectModels(
      { ...only, ...(task === 'embedding' ? { embeddingModel: value } : { rerankModel: value }) },
      ended.signal,
    );
    if (found.notices.length > 0) throw new Error(found.notices.join(' '));
    // As documents are embedded: a question would not wait until a large model is loaded.
    if (task === 'embedding') await found.embedding?.embed(['Alcove'], 'document', within);
    else await found.rerank?.score('Alcove', ['Alcove'], within);
  } finally {
    ended.abort();
  }
}

async function tellServer(config: Config, setting: string, value: string): Promise<string> {
  const told = await askHolder(config, `/models?${new URLSearchParams({ [setting]: value }).toString()}`);
  if (told !== null) return told as string;
  return setting === 'EMBEDDING_MODEL'
    ? 'Start Alcove, or restart it where it runs: documents that are there get their vectors in the background.'
    : 'Start Alcove, or restart it where it runs: passages are ordered by this model then.';
}

/** A folder that was made for nothing. */
async function removeEmpty(modelsDir: string): Promise<void> {
  await rm(join(modelsDir, '.part', 'runtime'), { recursive: true, force: true });
  for (const folder of [join(modelsDir, '.part'), modelsDir])
    await rmdir(folder).catch(() => {
      // Something is in it: parts of a download that the next try goes on with, or models.
    });
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
