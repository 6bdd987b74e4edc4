/**
 * Which lines of a financial statement a ratio or a term of accounting is made of, by any textbook. A table names its
 * lines, never the ratio: who asks for the quick ratio wants to see current assets, inventories and current liabilities.
 * English, as the titles of the statements are (docs/decisions/0021-accounting-vocabulary.md).
 * @returns one pattern for each line that the question is answered from; none when it uses no such term
 */
export function lineItemsFor(question: string): RegExp[] {
  const found = terms.filter(({ asked }) => asked.test(question)).flatMap(({ lines }) => lines);
  return [...new Set(found)].map((name) => lineItems[name]);
}

/** Patterns for the label of a row: its first cell. */
const lineItems = {
  revenue: /^(?:total )?(?:net )?(?:sales|revenues?)\b(?! and marketing)/i,
  costOfSales: /^(?:total )?costs? of (?:goods|products?|sales|revenues?|services)/i,
  grossProfit: /^gross (?:profit|margin)/i,
  operatingIncome:
    /^(?:operating (?:income|profit|earnings)|income from operations|earnings from operations)/i,
  netIncome: /^net (?:income|earnings|\(?loss)/i,
  depreciation: /^depreciation/i,
  currentAssets: /^total current assets/i,
  currentLiabilities: /^total current liabilities/i,
  inventories: /^(?:total |merchandise )?inventor(?:y|ies)/i,
  receivables: /^(?:accounts|trade|net)? ?(?:and other )?receivables?/i,
  payables: /^(?:accounts|trade) payables?/i,
  property: /^(?:net )?property,? (?:plant|and|&)/i,
  capitalSpending:
    /^(?:purchases? of (?:property|land|fixed)|capital expenditures?|additions? to property|payments? for (?:property|capital))/i,
  operatingCash: /^(?:net )?cash (?:flows? )?(?:provided|from|generated|\(?used)[^\t]{0,30}operati/i,
  investingCash: /^(?:net )?cash (?:flows? )?(?:provided|from|\(?used|for)[^\t]{0,30}investing/i,
  financingCash: /^(?:net )?cash (?:flows? )?(?:provided|from|\(?used|for)[^\t]{0,30}financing/i,
  cash: /^(?:total )?cash(?:,| and)? cash equivalents/i,
  totalAssets: /^total assets/i,
  equity: /^total [^\t]{0,40}equity/i,
  debt: /^(?:long-term debt|total debt|short-term debt)/i,
  incomeTaxes:
    /^(?:provision for |benefit from |\(?income )?(?:income )?tax(?:es)?(?: expense| provision| benefit)?|^effective/i,
  incomeBeforeTaxes: /^(?:income|earnings|\(?loss)[^\t]{0,40}before/i,
  dividends: /^(?:cash )?dividends? (?:paid|declared)/i,
  interest: /^interest expense/i,
} as const;
type LineItem = keyof typeof lineItems;

const terms: readonly { asked: RegExp; lines: readonly LineItem[] }[] = [
  { asked: /\bcapital expenditures?\b|\bcapex\b|\bcapital[ -]inten/i, lines: ['capitalSpending'] },
  { asked: /\bcapital[ -]inten/i, lines: ['property', 'totalAssets'] },
  { asked: /\bPP&?N?E\b|\bfixed assets?\b|\bproperty,? plant\b/i, lines: ['property'] },
  {
    asked: /\bworking capital\b|\b(?:quick|current) ratio\b|\bliquidity\b/i,
    lines: ['currentAssets', 'currentLiabilities'],
  },
  {
    asked: /\bquick ratio\b|\binventory turnover\b|\bsold its inventory\b|\bDIO\b|\bdays inventory\b/i,
    lines: ['inventories'],
  },
  {
    asked: /\bcash conversion cycle\b|\bCCC\b/i,
    lines: ['inventories', 'receivables', 'payables', 'costOfSales'],
  },
  { asked: /\bDPO\b|\bdays payables?\b/i, lines: ['payables', 'costOfSales'] },
  { asked: /\bDSO\b|\bdays sales outstanding\b/i, lines: ['receivables', 'revenue'] },
  {
    asked: /\binventory turnover\b|\bsold its inventory\b|\bDIO\b|\bCOGS\b|\bcost of (?:goods|sales)\b/i,
    lines: ['costOfSales'],
  },
  { asked: /\bgross (?:profit|margin)/i, lines: ['grossProfit', 'costOfSales', 'revenue'] },
  { asked: /\boperating (?:income|profit|margin)|\bEBITDA?\b/i, lines: ['operatingIncome'] },
  { asked: /\bEBITDA\b|\bD&A\b/i, lines: ['depreciation'] },
  {
    asked:
      /\bnet (?:profit|income|earnings|margin)|\bbottom line\b|\breturn on (?:assets|equity)\b|\bRO[AE]\b|\bprofitab/i,
    lines: ['netIncome'],
  },
  {
    asked: /\b(?:revenues?|net sales|top line|sales growth|(?:profit|net|operating) margin)\b/i,
    lines: ['revenue'],
  },
  { asked: /\bfree cash ?flow|\bFCF\b/i, lines: ['operatingCash', 'capitalSpending'] },
  {
    asked: /\boperati(?:ng|ons)[^.?]{0,60}\bcash ?flows?\b|\bcash ?flows? from operati/i,
    lines: ['operatingCash'],
  },
  { asked: /\binvesting[^.?]{0,60}\bcash ?flows?\b|\bcash ?flows? from invest/i, lines: ['investingCash'] },
  { asked: /\bfinancing[^.?]{0,60}\bcash ?flows?\b|\bcash ?flows? from financ/i, lines: ['financingCash'] },
  { asked: /\bcash (?:and|&) cash equivalents?\b/i, lines: ['cash'] },
  { asked: /\beffective tax rate\b|\btax rate\b/i, lines: ['incomeTaxes', 'incomeBeforeTaxes'] },
  { asked: /\btotal assets\b|\breturn on assets\b|\bROA\b|\basset turnover\b/i, lines: ['totalAssets'] },
  { asked: /\bdebt[ -]to[ -]equity\b|\breturn on equity\b|\bROE\b/i, lines: ['equity'] },
  { asked: /\bdebt[ -]to[ -]equity\b|\bleverage\b/i, lines: ['debt'] },
  { asked: /\bdividend/i, lines: ['dividends'] },
  { asked: /\binterest coverage\b/i, lines: ['interest', 'operatingIncome'] },
  { asked: /\bcurrent liabilities\b/i, lines: ['currentLiabilities'] },
  { asked: /\bcurrent assets\b/i, lines: ['currentAssets'] },
  { asked: /\binventor(?:y|ies)\b/i, lines: ['inventories'] },
  { asked: /\baccounts payable\b/i, lines: ['payables'] },
];
