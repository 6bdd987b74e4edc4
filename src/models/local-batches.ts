import { AppError } from '../errors.ts';
import { batchTexts } from './embedding-batches.ts';
import { unavailable } from './local-source.ts';
import type { LocalThread } from './local-thread.ts';
import { countTokens } from './tokens.ts';

/** A padded batch costs its longest text times its size; small ones let an abort or an urgent text in between. */
const batch = { maxTexts: 16, maxTokens: 8_000 };
/** No local model reads more of a text. */
const maxChars = 24_000;

export interface LocalWork {
  texts: readonly string[];
  /** Set for a cross-encoder. */
  query?: string;
  isUrgent: boolean;
}

/** One row of numbers for each text, in their order. */
export async function runLocally(
  thread: LocalThread,
  { texts, query, isUrgent }: LocalWork,
  signal: AbortSignal,
): Promise<Float32Array[]> {
  signal.throwIfAborted();
  const cut = texts.map((text) => text.slice(0, maxChars) || ' ');
  // Texts of like length together, so that little is padded.
  const places = cut.map((_, place) => place).toSorted((a, b) => cut[a]!.length - cut[b]!.length);
  const found = new Array<Float32Array>(texts.length);
  let done = 0;
  for (const group of batchTexts(
    places.map((place) => cut[place]!),
    countTokens,
    batch,
  )) {
    const { values, dimensions } = await thread.run({ texts: group, query }, isUrgent, signal);
    if (values.length !== group.length * dimensions)
      throw unavailable(`The local model ${thread.id} gave a wrong number of rows.`);
    group.forEach((_, at) => {
      found[places[done + at]!] = values.subarray(at * dimensions, (at + 1) * dimensions);
    });
    done += group.length;
  }
  return found;
}

/** The same for somebody who waits, but no longer than that. @throws AppError that says what the model is busy with */
export async function runLocallyWithin(
  ms: number,
  thread: LocalThread,
  work: LocalWork,
  caller: AbortSignal,
): Promise<Float32Array[]> {
  const clock = AbortSignal.timeout(ms);
  try {
    return await runLocally(thread, work, AbortSignal.any([caller, clock]));
  } catch (error) {
    caller.throwIfAborted();
    throw clock.aborted ? tooSlow(thread) : error;
  }
}

function tooSlow({ id, downloaded, dimensions }: LocalThread): AppError {
  if (downloaded !== null)
    return unavailable(`The local model ${id} is still being downloaded (${downloaded} %).`);
  if (dimensions === null) return unavailable(`The local model ${id} is still being loaded.`);
  return new AppError(
    'model_timeout',
    `The local model ${id} was not done in time: use a smaller one, or more cores.`,
  );
}
