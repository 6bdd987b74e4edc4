import temml from 'temml';

/** MathML, which browsers set by themselves; null where the formula is none, and its text stays. */
export function mathMarkup(formula: string, isBlock: boolean): string | null {
  try {
    const markup = temml.renderToString(formula, {
      displayMode: isBlock,
      throwOnError: true,
      trust: false,
      maxExpand: 100,
    });
    // The content security policy complains of each as soon as it is parsed; quotes in text are escaped.
    return markup.replaceAll(/ style="[^"]*"/g, '');
  } catch {
    // Not a formula after all: the text says as much as it did.
    return null;
  }
}
