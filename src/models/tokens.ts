import { createRequire } from 'node:module';

/**
 * Tokens of a text in OpenAI's o200k encoding: exact for current OpenAI models, an estimate within
 * some 15 % for others. The encoding's table (35 MB of memory) is loaded at the first call.
 */
export function countTokens(text: string): number {
  let total = 0;
  for (const piece of splitLongRuns(text)) total += encoding().countTokens(piece, asPlainText);
  return total;
}

/** A text may contain `<|endoftext|>`: it counts as the characters that it is, instead of throwing. */
const asPlainText = { disallowedSpecial: new Set<string>() };

/**
 * Byte pair merging is quadratic in the length of a run (2.4 s for 100,000 letters without a space,
 * 20 ms in pieces of this size); each cut costs at most one token of accuracy.
 */
const maxRun = 1024;
const longRun = new RegExp(`((?<!\\S)\\S{${maxRun + 1},}|(?<!\\s)\\s{${maxRun + 1},})`);

function* splitLongRuns(text: string): Generator<string> {
  // A capture group makes split() return the long runs at the odd places.
  for (const [at, part] of text.split(longRun).entries()) {
    const step = at % 2 === 1 ? maxRun : part.length;
    for (let start = 0; start < part.length; start += step) yield part.slice(start, start + step);
  }
}

type Encoding = typeof import('gpt-tokenizer/encoding/o200k_base');

const load = createRequire(import.meta.url);

// Synchronous and lazy: counting is asked for inside pure code, and many starts never count. The
// module loader itself keeps the one copy.
function encoding(): Encoding {
  return load('gpt-tokenizer/encoding/o200k_base') as Encoding;
}
