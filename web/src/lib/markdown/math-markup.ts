import temml from 'temml';

/** MathML, which browsers set by themselves; null where the formula is none, and its text stays. */
export function mathMarkup(formula: string, isBlock: boolean): string | null {
  try {
    return temml.renderToString(formula, {
      displayMode: isBlock,
      throwOnError: true,
      trust: false,
      maxExpand: 100,
    });
  } catch {
    // Not a formula after all: the text says as much as it did.
    return null;
  }
}
