/** What a number of things is called in one language; `other` serves where a form is left out. */
export type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

/** Counts in a language: `3 documents`, `1.234 Dokumente`. */
export function counter(language: string): (n: number, forms: Forms) => string {
  const rules = new Intl.PluralRules(language);
  const numbers = new Intl.NumberFormat(language);
  return (n, forms) => `${numbers.format(n)} ${forms[rules.select(n)] ?? forms.other}`;
}
