import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type OnnxGraph, writeOnnx } from './local-onnx.ts';

/** Words of one group mean the same to the model; others are unknown to it. */
const meanings = [
  ['car', 'automobile'],
  ['tyre', 'tyres'],
  ['cake'],
  ['apple', 'apples'],
  ['lighthouse'],
  ['built', 'made'],
  ['old'],
  ['query'],
  ['passage'],
];
const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]'];
const vocabulary = [...special, ...meanings.flat()];
const size = 16;

/** A folder as transformers.js reads it, with a BERT of one table of words: texts that share meanings are near each other. */
export async function writeTinyEmbedder(folder: string, weights = 'model.onnx'): Promise<void> {
  await writeModel(folder, 'BertModel', weights, {
    nodes: [{ op: 'Gather', inputs: ['words', 'input_ids'], output: 'last_hidden_state' }],
    constants: { words: { dims: [vocabulary.length, size], values: wordTable(0.2) } },
    inputs: ['input_ids', 'attention_mask', 'token_type_ids'],
    output: { name: 'last_hidden_state', dims: ['batch', 'length', size] },
  });
}

/** The same as a cross-encoder: its logit is the number of meanings that question and text share, less one. */
export async function writeTinyReranker(folder: string): Promise<void> {
  const axis = (at: bigint) => ({ dims: [1], values: BigInt64Array.of(at) });
  await writeModel(folder, 'BertForSequenceClassification', 'model.onnx', {
    nodes: [
      { op: 'Gather', inputs: ['words', 'input_ids'], output: 'states' },
      { op: 'Cast', inputs: ['token_type_ids'], output: 'types', attributes: { to: 1 } },
      { op: 'Unsqueeze', inputs: ['types', 'second'], output: 'isText' },
      { op: 'Sub', inputs: ['one', 'isText'], output: 'isQuestion' },
      { op: 'Mul', inputs: ['states', 'isText'], output: 'textStates' },
      { op: 'Mul', inputs: ['states', 'isQuestion'], output: 'questionStates' },
      { op: 'ReduceSum', inputs: ['textStates', 'first'], output: 'text', attributes: { keepdims: 0 } },
      {
        op: 'ReduceSum',
        inputs: ['questionStates', 'first'],
        output: 'question',
        attributes: { keepdims: 0 },
      },
      { op: 'Mul', inputs: ['text', 'question'], output: 'shared' },
      { op: 'ReduceSum', inputs: ['shared', 'first'], output: 'sum', attributes: { keepdims: 1 } },
      { op: 'Sub', inputs: ['sum', 'one'], output: 'logits' },
    ],
    constants: {
      words: { dims: [vocabulary.length, size], values: wordTable(0) },
      first: axis(1n),
      second: axis(2n),
      one: { dims: [1], values: Float32Array.of(1) },
    },
    inputs: ['input_ids', 'attention_mask', 'token_type_ids'],
    output: { name: 'logits', dims: ['batch', 1] },
  });
}

/** One direction for each meaning; what is unknown has the last one, as strong as asked. */
function wordTable(unknown: number): Float32Array {
  const table = new Float32Array(vocabulary.length * size);
  vocabulary.forEach((word, row) => {
    const meaning = meanings.findIndex((group) => group.includes(word));
    if (meaning >= 0) table[row * size + meaning] = 1;
    else if (word !== '[PAD]') table[row * size + size - 1] = unknown;
  });
  return table;
}

async function writeModel(
  folder: string,
  architecture: string,
  weights: string,
  graph: OnnxGraph,
): Promise<void> {
  await mkdir(join(folder, 'onnx'), { recursive: true });
  const files: Record<string, unknown> = {
    'config.json': {
      model_type: 'bert',
      architectures: [architecture],
      hidden_size: size,
      vocab_size: vocabulary.length,
      max_position_embeddings: 32,
    },
    'tokenizer_config.json': {
      tokenizer_class: 'BertTokenizer',
      model_max_length: 32,
      pad_token: '[PAD]',
      unk_token: '[UNK]',
      cls_token: '[CLS]',
      sep_token: '[SEP]',
    },
    'tokenizer.json': tokenizer(),
  };
  for (const [name, value] of Object.entries(files))
    await writeFile(join(folder, name), JSON.stringify(value));
  await writeFile(join(folder, 'onnx', weights), writeOnnx(graph));
}

function tokenizer(): unknown {
  const place = (token: string, type: 0 | 1) => ({ SpecialToken: { id: token, type_id: type } });
  const sequence = (id: 'A' | 'B', type: 0 | 1) => ({ Sequence: { id, type_id: type } });
  const start = [place('[CLS]', 0), sequence('A', 0), place('[SEP]', 0)];
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special.map((content, id) => ({
      id,
      content,
      special: true,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
    })),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: start,
      pair: [...start, sequence('B', 1), place('[SEP]', 1)],
      special_tokens: Object.fromEntries(
        ['[CLS]', '[SEP]'].map((token) => [
          token,
          { id: token, ids: [special.indexOf(token)], tokens: [token] },
        ]),
      ),
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocabulary.map((word, id) => [word, id])),
    },
  };
}
