/** As CI and `npm run torture` run the tests: all of what costs seconds each, where `npm test` takes a sample. */
export const isFullRun = process.env['ALCOVE_CORPORA'] === 'full';

/** Every `nth` of what costs seconds each, always the same ones; all of them in a full run. */
export function sampled<T>(things: readonly T[], nth: number): T[] {
  return things.filter((_, at) => isFullRun || at % nth === 0);
}
