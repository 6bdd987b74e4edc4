import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { unavailable } from './local-source.ts';

export const runtimePackage = '@huggingface/transformers';

/**
 * Where the package that runs models is installed: beside Alcove, or in the folder of the models, where it survives an
 * update of Alcove. @throws AppError `model_unavailable` with the command that installs it
 */
export function findRuntime(modelsDir: string): string {
  for (const from of [import.meta.url, pathToFileURL(join(modelsDir, 'package.json')).href]) {
    try {
      return pathToFileURL(createRequire(from).resolve(runtimePackage)).href;
    } catch {
      // Not there: the next place is tried, and the last one's absence is told below.
    }
  }
  throw unavailable(
    `A local model needs the package ${runtimePackage}, which is not installed: run "npm install ${runtimePackage}" in Alcove's folder or in ${modelsDir} (with ONNXRUNTIME_NODE_INSTALL=skip where its download of GPU libraries is blocked).`,
  );
}
