/**
 * `text.normalize(form)` in linear time: canonical ordering is quadratic in a run of combining marks, and 300,000 of them
 * take a minute. What comes after the eighth mark of a letter goes.
 */
export function normalise(text: string, form: 'NFC' | 'NFD' | 'NFKC'): string {
  return text.replace(/(\p{M}{8})\p{M}+/gu, '$1').normalize(form);
}
