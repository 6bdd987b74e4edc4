/**
 * An accounting vocabulary for filings: what each primary financial statement is asked about, in the terms of any
 * textbook. Questions about a company ask for ratios and margins; the page that answers is a table that names none of
 * them. In a filing, a page of figures under the title of a statement is therefore also found by the terms of that
 * statement. They are words of the index only: no answer and no citation shows them, and no figure comes from them.
 *
 * English, as the titles are. docs/decisions/0021-accounting-vocabulary.md says where the words come from and what they
 * change.
 * @returns for each page the terms to index it by as well; none anywhere when the document is no filing
 */
export function statementTopics(pages: readonly StatementPage[]): string[] {
  const found = pages.map(statementsOn);
  const count = found.filter((statements) => statements.length > 0).length;
  if (count < minStatements) return pages.map(() => '');
  return found.map(termsOf);
}

/** The same for one page or passage by itself, whatever the document is. */
export function topicsOn(page: StatementPage): string {
  return termsOf(statementsOn(page));
}

function termsOf(statements: readonly Statement[]): string {
  return statements.flatMap(({ topics }) => topics).join('\n');
}

export interface StatementPage {
  /** Headings above the text, innermost last. */
  headings: readonly string[];
  text: string;
}

/**
 * A document is a filing by its own content when it has several pages of primary statements, each figures under its
 * title: two of them, since a release of earnings may have no more than the statement of a quarter and of a year. One
 * alone is a table like others.
 */
const minStatements = 2;
/** A title stands below a running head, a company name and a unit at most. */
const titleLines = 8;
/** A title is short; a sentence that mentions a statement is not. */
const maxTitleLength = 100;
const minNumbers = 20;
const minNumberShare = 0.2;

interface Statement {
  title: RegExp;
  topics: readonly string[];
}

function statementsOn(page: StatementPage): Statement[] {
  if (!isTableOfFigures(page.text)) return [];
  const lines = page.text.split('\n').filter((line) => line.trim());
  const titles = [...page.headings, ...lines.slice(0, titleLines)].map(lettersOf);
  return statements.filter(({ title }) => titles.some((line) => title.test(line)));
}

function isTableOfFigures(text: string): boolean {
  if (!hasDigits(text, minNumbers)) return false;
  const words = text.match(/[\p{L}\p{N}][\p{L}\p{N},.]*/gu) ?? [];
  const numbers = words.filter((word) => /^\d/.test(word)).length;
  return numbers >= minNumbers && numbers >= words.length * minNumberShare;
}

/** Each number has one: prose is told by them before its words are. */
function hasDigits(text: string, count: number): boolean {
  let found = 0;
  for (let at = 0; at < text.length && found < count; at += 1) {
    const code = text.charCodeAt(at);
    if (code >= 48 && code <= 57) found += 1;
  }
  return found >= count;
}

/** Only letters: extracted titles have stray spaces ("Balance Shee t"). */
function lettersOf(line: string): string {
  return line.length > maxTitleLength ? '' : line.toLowerCase().replace(/[^a-z]/g, '');
}

const statements: readonly Statement[] = [
  {
    title: /balancesheets?|statements?of(?:consolidated)?financial(?:position|condition)/,
    topics: [
      'balance sheet',
      'statement of financial position',
      'total assets, current assets',
      'total liabilities, current liabilities',
      'stockholders equity, retained earnings',
      'cash and cash equivalents',
      'accounts receivable, inventory',
      'net property, plant and equipment',
      'PP&E, PPNE, fixed assets',
      'fixed asset turnover ratio',
      'goodwill',
      'accounts payable',
      'long-term debt',
      'working capital',
      'quick ratio, current ratio, liquidity',
      'days payable outstanding, DPO',
      'days sales outstanding, DSO',
      'days inventory outstanding, DIO',
      'cash conversion cycle',
      'leverage, debt to equity ratio',
      'return on assets, ROA',
      'return on equity, ROE',
      'inventory turnover ratio',
      'capital intensity',
    ],
  },
  {
    title:
      /statements?of(?:consolidated|net)*(?:income|operations|earnings|profit|loss)|incomestatement|profitandloss(?:account|statement)/,
    topics: [
      'income statement',
      'statement of income',
      'statement of operations',
      'statement of earnings',
      'profit and loss, P&L',
      'revenue, net sales, top line, sales growth',
      'cost of goods sold, COGS, cost of sales',
      'gross profit, gross margin',
      'operating income, operating profit, operating margin',
      'EBIT, EBITDA',
      'interest expense, interest coverage ratio',
      'income before taxes, provision for income taxes, effective tax rate',
      'net income, net earnings, bottom line',
      'net profit margin, profitability',
      'earnings per share, EPS',
      'selling general and administrative expenses, SG&A',
      'research and development',
      'inventory turnover ratio',
      'return on assets, ROA',
      'return on equity, ROE',
    ],
  },
  {
    title: /statements?of(?:consolidated)?cashflow|cashflows?statement/,
    topics: [
      'cash flow statement',
      'statement of cash flows',
      'operating activities, investing activities, financing activities',
      'capital expenditures, capex',
      'purchases of property, plant and equipment',
      'free cash flow, FCF, cash flow conversion',
      'depreciation and amortization, D&A',
      'dividends paid, dividend payout ratio',
      'share repurchases, buybacks',
      'repayments of debt',
      'acquisitions',
      'EBITDA',
      'capital intensity',
    ],
  },
  {
    // The other primary statements: nobody asks for them by other words, but they tell a filing.
    title:
      /statements?of(?:consolidated)?(?:changesin)?(?:(?:stock|share)(?:holders|owners))?equity|statements?of(?:consolidated)?comprehensive(?:income|loss)/,
    topics: [],
  },
];
