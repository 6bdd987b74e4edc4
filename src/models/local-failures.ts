import type { AppError } from '../errors.ts';
import type { LocalFailure, LocalSetup } from './local-protocol.ts';
import { unavailable } from './local-source.ts';

/** One sentence that says what to do; the runtime's own words in `cause`. */
export function explainLocalFailure(setup: LocalSetup, reason: LocalFailure, detail: string): AppError {
  const { id, path, modelsDir } = setup.source;
  const sentences: Record<LocalFailure, string> = {
    runtime: `The package that runs local models is installed but does not load: run "npm rebuild onnxruntime-node" where it is installed, or install it anew.`,
    network: `The local model ${id} cannot be downloaded, because the hub cannot be reached: put the model's files into ${modelsDir}/${path} instead.`,
    unknown_model: `The hub has no model ${path} with ONNX files, or it is not public: check the name, or put the model's files into ${modelsDir}/${path}.`,
    files: `The local model ${id} lacks a file: it needs config.json, tokenizer.json, tokenizer_config.json and onnx/model.onnx.`,
    model: `The local model ${id} cannot be loaded: check that its files are whole and that it is ${setup.task === 'embed' ? 'an embedding model' : 'a cross-encoder'}.`,
    run: `The local model ${id} failed on a text: ask again, and choose another model if it happens every time.`,
  };
  return unavailable(sentences[reason], new Error(`${id}: ${detail.slice(0, 500)}`));
}
