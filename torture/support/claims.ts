/** A promise that did not hold; the message says which, with what shows it. */
export class BrokenPromise extends Error {
  override name = 'BrokenPromise';
}

/** A run that met too little to say that a promise holds: nothing to live through again. */
export class TriedTooLittle extends Error {
  override name = 'TriedTooLittle';
}

/** @throws TriedTooLittle unless it is so */
export function mustHaveTried(isSo: boolean, otherwise: () => string): void {
  if (!isSo) throw new TriedTooLittle(otherwise());
}

/** @throws BrokenPromise unless it is so */
export function mustBe(isSo: boolean, otherwise: string | (() => string)): asserts isSo {
  if (!isSo) throw new BrokenPromise(typeof otherwise === 'string' ? otherwise : otherwise());
}

/** Equal as JSON. @throws BrokenPromise */
export function mustEqual(what: string, seen: unknown, wanted: unknown): void {
  const [left, right] = [JSON.stringify(seen), JSON.stringify(wanted)];
  if (left !== right) throw new BrokenPromise(`${what}: ${shorten(left)} instead of ${shorten(right)}`);
}

function shorten(text = 'nothing'): string {
  return text.length > 600 ? `${text.slice(0, 600)}… (${text.length} characters)` : text;
}
