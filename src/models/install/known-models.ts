/** What a model does: makes vectors of texts, or scores passages for a question. */
export type ModelTask = 'embedding' | 'reranking';

export interface KnownModel {
  name: string;
  /** `owner/name` on the hub. */
  repository: string;
  /** The commit whose files the hashes are of. */
  revision: string;
  task: ModelTask;
  /** For a person who chooses. */
  about: string;
  /** SHA-256 of each file, in hex. */
  files: Readonly<Record<string, string>>;
}

/**
 * Small models that a processor runs quickly, with weights of 8 bits. The hashes are those that several public projects,
 * independent of each other, pin for the same files of the same commit.
 */
export const knownModels: readonly KnownModel[] = [
  {
    name: 'bge-small',
    repository: 'Xenova/bge-small-en-v1.5',
    revision: 'ea104dacec62c0de699686887e3f920caeb4f3e3',
    task: 'embedding',
    about: 'semantic search in English, 35 MB, MIT',
    files: {
      'config.json': 'fa73f90bf92c8cace1fbcb709626306f2bdbc9ea3e5b5f94b440df9b6aa56350',
      'tokenizer.json': 'd241a60d5e8f04cc1b2b3e9ef7a4921b27bf526d9f6050ab90f9267a1f9e5c66',
      'tokenizer_config.json': '9261e7d79b44c8195c1cada2b453e55b00aeb81e907a6664974b4d7776172ab3',
      'onnx/model_quantized.onnx': '6c9c6101a956d62dfb5e7190c538226c0c5bb9cb27b651234b6df063ee7dbfe4',
    },
  },
  {
    name: 'multilingual-e5-small',
    repository: 'Xenova/multilingual-e5-small',
    revision: '761b726dd34fb83930e26aab4e9ac3899aa1fa78',
    task: 'embedding',
    about: 'semantic search in some hundred languages, 140 MB, MIT',
    files: {
      'config.json': 'cb99455288675345e1a4f411438d5d0adbba5fbd3a67ea4fb03c015433b996c1',
      'tokenizer.json': '0b44a9d7b51c3c62626640cda0e2c2f70fdacdc25bbbd68038369d14ebdf4c39',
      'tokenizer_config.json': 'a1d6bc8734a6f635dc158508bef000f8e2e5a759c7d92f984b2c86e5ff53425b',
      'onnx/model_quantized.onnx': 'f80102d3f2a1229f387d3c81909990d8945513e347b0eab049f7de3c6f98c193',
    },
  },
  {
    name: 'minilm-reranker',
    repository: 'Xenova/ms-marco-MiniLM-L-6-v2',
    revision: 'a09144355adeed5f58c8ed011d209bf8ee5a1fec',
    task: 'reranking',
    about: 'better order of English passages, 24 MB, Apache-2.0',
    files: {
      'config.json': 'd827779a72d27ae68cf878a6fc2e954542663fe21ca515d9f4783fc96be2d37e',
      'tokenizer.json': 'd241a60d5e8f04cc1b2b3e9ef7a4921b27bf526d9f6050ab90f9267a1f9e5c66',
      'tokenizer_config.json': '0b29c7bfc889e53b36d9dd3e686dd4300f6525110eaa98c76a5dafceb2029f53',
      'onnx/model_quantized.onnx': 'e9d8ebf845c413e981c175bfe49a3bfa9b3dcce2a3ba54875ee5df5a58639fbe',
    },
  },
];
