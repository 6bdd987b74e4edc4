/** Shorter ones are words in quotation marks, not quotations. */
const shortestQuote = 8;

/** The quotation that a citation stands behind in its paragraph, as the answerer wrote it; null when it quotes nothing. */
export function quoteBefore(pill: Element): string | null {
  const block = pill.closest('p, li, td, th, blockquote');
  if (!block) return null;
  const before = document.createRange();
  before.setStart(block, 0);
  before.setEndBefore(pill);
  const quotes = [...before.toString().matchAll(/[“"„«]([^“”"„«»]+)[”"“»]/g)];
  const quote = quotes.at(-1)?.[1]?.trim() ?? '';
  return quote.length >= shortestQuote ? quote : null;
}
