import { analyze } from '../../src/indexing/analyze.ts';

/** BM25 with neighbouring pairs, written the plain way: every chunk, every term, no index. */
export function scoreNaively(
  documents: readonly (readonly string[])[],
  query: string,
  language: string,
  { k1 = 1.2, b = 0.75, phrase = 0.5 } = {},
): Map<string, number> {
  const chunks = documents.flatMap((texts, segment) =>
    texts.map((text, ordinal) => ({ id: `${segment}/${ordinal}`, terms: analyze(text, language) })),
  );
  const asked = analyze(query, language);
  const lengthOf = (terms: readonly string[]) =>
    terms.reduce((sum, term) => sum + (/^\d/.test(term) ? 0.25 : 1), 0);
  const average = chunks.reduce((sum, chunk) => sum + lengthOf(chunk.terms), 0) / chunks.length || 1;
  const idf = (term: string) => {
    const holding = chunks.filter((chunk) => chunk.terms.includes(term)).length;
    return holding === 0 ? 0 : Math.log(1 + (chunks.length - holding + 0.5) / (holding + 0.5));
  };
  const pairs = new Set(
    asked.slice(1).flatMap((term, at) => (term === asked[at] ? [] : [`${asked[at]} ${term}`])),
  );
  const scores = new Map<string, number>();
  for (const { id, terms } of chunks) {
    const saturate = (frequency: number) =>
      (frequency * (k1 + 1)) / (frequency + k1 * (1 - b + (b * lengthOf(terms)) / average));
    let score = 0;
    for (const term of asked) score += idf(term) * saturate(terms.filter((other) => other === term).length);
    for (const pair of pairs) {
      const [first, second] = pair.split(' ') as [string, string];
      const weight = Math.min(idf(first), idf(second));
      const together = terms.filter((term, at) => term === first && terms[at + 1] === second).length;
      if (weight >= 0.7) score += phrase * weight * saturate(together);
    }
    if (score > 0) scores.set(id, score);
  }
  return scores;
}
