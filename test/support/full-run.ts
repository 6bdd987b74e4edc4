/** As CI and `npm run torture` run the tests: all of what costs seconds each, where `npm test` takes a sample. */
export const isFullRun = process.env['ALCOVE_CORPORA'] === 'full';

/** As `bash .ci/run` runs them; `bash .ci/run whole` leaves nothing out. */
const isShortened = process.env['ALCOVE_LONG_TESTS'] === 'server';

/** What costs minutes together: a third of it where CI is not to run whole, and every `nth` in `npm test`. */
export function sampledInCi<T>(things: readonly T[], nth: number): T[] {
  return isShortened ? things.filter((_, at) => at % 3 === 0) : sampled(things, nth);
}

/** Every `nth` of what costs seconds each, always the same ones; all of them in a full run. */
export function sampled<T>(things: readonly T[], nth: number): T[] {
  return things.filter((_, at) => isFullRun || at % nth === 0);
}
