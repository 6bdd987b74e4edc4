import type { Cost, Usage } from '@alcove/contract';
import type { ModelTokens } from './usage-store.ts';

/** What a million tokens cost. */
export interface Price {
  input: number;
  output: number;
}

export interface PriceTable {
  /** ISO 4217. */
  currency: string;
  models: ReadonlyMap<string, Price>;
}

const perTokens = 1_000_000;
/** Sums of floats end somewhere: a hundred-millionth of a currency is less than a token costs. */
const shownFractions = 1e8;

/** What the tokens cost. `untold`: tokens of which it is not known what model wrote them. */
export function priceUsage(rows: readonly ModelTokens[], prices: PriceTable, untold = 0): Usage {
  const models = rows.map(({ model, answers, input, output }) => ({
    model,
    answers,
    tokens: { input, output },
    cost: costOf(model, input, output, prices),
  }));
  const used = models.filter(({ tokens }) => tokens.input + tokens.output > 0);
  const isKnown = untold <= 0 && used.every(({ cost }) => cost !== null);
  const amount = used.reduce((sum, { cost }) => sum + (cost?.amount ?? 0), 0);
  return { cost: isKnown ? { amount: rounded(amount), currency: prices.currency } : null, models };
}

function costOf(model: string, input: number, output: number, prices: PriceTable): Cost | null {
  const price = prices.models.get(model);
  if (price === undefined) return null;
  const amount = (input * price.input + output * price.output) / perTokens;
  return { amount: rounded(amount), currency: prices.currency };
}

function rounded(amount: number): number {
  return Math.round(amount * shownFractions) / shownFractions;
}
