import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findRuntime, runtimePackage } from '../local-runtime.ts';
import { unavailable } from '../local-source.ts';

/** What Alcove was tested with. */
const version = '4.3.1';

/** Whether the package that runs models can be loaded. */
export function hasRuntime(modelsDir: string): boolean {
  try {
    return findRuntime(modelsDir) !== '';
  } catch {
    // That it is missing is the answer.
    return false;
  }
}

/**
 * Installs the package that runs models into the folder of the models, whole or not at all. npm checks its hashes.
 * @param environment of npm, which finds its registry and proxy there
 * @throws AppError in one sentence
 */
export async function installRuntime(
  modelsDir: string,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<void> {
  const staging = join(modelsDir, '.part', 'runtime');
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true });
  await writeFile(join(staging, 'package.json'), '{"private":true}\n');
  try {
    await runNpm(staging, environment, signal);
    await takeOver(join(staging, 'node_modules'), modelsDir);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** The same from another machine's folder of models. @throws AppError in one sentence */
export async function copyRuntime(folder: string, modelsDir: string): Promise<void> {
  const source = join(folder, 'node_modules');
  if (!existsSync(join(source, runtimePackage)))
    throw unavailable(
      `${folder} does not hold the package ${runtimePackage} in node_modules: copy the models' folder of a machine of the same kind on which a model was added.`,
    );
  const staging = join(modelsDir, '.part', 'runtime');
  await rm(staging, { recursive: true, force: true });
  try {
    await cp(source, join(staging, 'node_modules'), { recursive: true, verbatimSymlinks: true });
    await takeOver(join(staging, 'node_modules'), modelsDir);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function takeOver(nodeModules: string, modelsDir: string): Promise<void> {
  const target = join(modelsDir, 'node_modules');
  await rm(target, { recursive: true, force: true });
  await rename(nodeModules, target);
}

async function runNpm(folder: string, environment: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
  const args = [
    'install',
    '--prefix',
    folder,
    '--no-audit',
    '--no-fund',
    '--no-package-lock',
    '--loglevel=error',
  ];
  const child = spawn('npm', [...args, `${runtimePackage}@${version}`], {
    cwd: folder,
    // The libraries for processors are part of the package; its own download is of those for graphics cards.
    env: { ...environment, ONNXRUNTIME_NODE_INSTALL: 'skip' },
    stdio: ['ignore', 'ignore', 'pipe'],
    signal,
  });
  let said = '';
  child.stderr.on('data', (piece: Buffer) => (said = `${said}${piece.toString()}`.slice(-4_000)));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'ENOENT'
          ? unavailable(
              `The package ${runtimePackage} is needed, and there is no npm to install it: install npm, or bring a folder with --from.`,
              error,
            )
          : error,
      ),
    );
    child.on('close', resolve);
  });
  if (code === 0) return;
  throw unavailable(
    `The package ${runtimePackage} could not be installed (${reasonIn(said)}): check the network and npm's registry, or bring a folder with --from.`,
    new Error(said),
  );
}

/** npm's first line that says something. */
function reasonIn(said: string): string {
  const line = said
    .split('\n')
    .map((text) => text.replace(/^npm (error|ERR!) ?/, '').trim())
    .find((text) => text !== '' && !text.startsWith('code '));
  return (line ?? 'npm ended without a reason').slice(0, 200);
}
