import { statfs } from 'node:fs/promises';
import { findRecogniser } from '../formats/ocr/recogniser.ts';
import { createSandbox } from '../formats/sandbox.ts';
import { sandboxRemedy, sandboxWeakness } from '../formats/sandbox-weaknesses.ts';
import { connectModels } from '../models/registry.ts';
import { type Check, fail, ok, warn } from './check.ts';
import { whyNoAnswer } from './why-no-answer.ts';

const gigabyte = 1024 ** 3;
/** Below this an upload or the database may fail at any time. */
const emptyBytes = gigabyte / 4;
const lowBytes = 2 * gigabyte;
const providerMs = 15_000;

export const disk: Check = {
  name: 'disk',
  async run({ config }) {
    const { bavail, bsize } = await statfs(config.dataDir);
    const free = bavail * bsize;
    const found = `${(free / gigabyte).toFixed(1)} GB are free in ${config.dataDir}`;
    if (free < emptyBytes) return fail(found, 'Free some space now: uploads and the database need it.');
    return free < lowBytes ? warn(found, 'Free some space soon.') : ok(found);
  },
};

export const sandbox: Check = {
  name: 'sandbox',
  async run() {
    const working = await createSandbox().describe();
    const weakness = sandboxWeakness(working);
    return weakness === null
      ? ok(`parsers run under ${working.join(', ')}`)
      : warn(weakness, sandboxRemedy());
  },
};

export const recognition: Check = {
  name: 'text recognition',
  async run({ config }) {
    const found = await findRecogniser(config.ocr);
    if (typeof found === 'string') return ok(`scans and pictures are not read. ${found}`);
    const how = found.isConfined ? 'confined' : "with this user's right to read files (OCR=on)";
    return ok(`scans and pictures are read by tesseract (${found.languages}), ${how}`);
  },
};

export const embeddingProvider: Check = {
  name: 'models',
  async run({ config }) {
    const signal = AbortSignal.timeout(providerMs);
    const models = await connectModels({ ...config.models, report: () => {} }, signal);
    const chat =
      models.chat === null
        ? 'no language model (answers quote the documents)'
        : `answers by ${models.chat.id}`;
    const silence = models.chat === null ? null : await whyNoAnswer(models.chat);
    if (silence !== null)
      return fail(
        `no ${chat}: ${silence}`,
        'Until then a question gets no answer; without LLM_MODEL answers quote the documents.',
      );
    if (models.notices.length > 0) return warn(chat, models.notices.join(' '));
    if (models.embedding === null) return ok(`${chat}; semantic search is off`);
    const { id } = models.embedding;
    try {
      await models.embedding.embed(['doctor'], 'query', signal);
    } catch (error) {
      return fail(
        `${id} does not answer: ${error instanceof Error ? error.message : String(error)}`,
        'Check its address and key, and that it runs; until then documents are found by their words only.',
      );
    }
    return ok(`${chat}; embeddings by ${id}`);
  },
};
