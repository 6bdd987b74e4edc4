import type { Analyzer } from '../../indexing/analyze.ts';
import { topicsOn } from '../../indexing/financial-statements.ts';
import type { QuotableUnit } from './quotable-unit.ts';
import { splitUnits } from './quotable-units.ts';

export interface QuotedPassage {
  n: number;
  text: string;
  heading: string[];
  score: number;
  documentName: string;
}

export interface Candidate {
  passage: QuotedPassage;
  unit: QuotableUnit;
  /** The units after it in the passage: a question or a lead-in is quoted with what it announces. */
  following: QuotableUnit[];
  terms: Set<string>;
  /** For each asked term, the weight of the best place where it is found; 0 where it is not. */
  found: number[];
  /** Whether it begins its passage or section. */
  isFirst: boolean;
  /** A row of figures that the question's terms are made of. */
  isLineItem: boolean;
}

/** How much a term of the question counts where it is found: in the unit itself, or around it. */
export const weightOf = {
  own: 1,
  header: 0.7,
  label: 0.6,
  /** Of the statement whose title stands over a row of figures. */
  topic: 0.45,
  near: 0.45,
  heading: 0.4,
  passage: 0.25,
  documentName: 0.2,
};

/** What a question asks for, ready to be looked for. */
export interface Asked {
  terms: string[];
  /** Lines of a financial statement that its terms are made of. */
  lineItems: RegExp[];
}

/** Every unit of the passage, with where it holds the terms that are asked for. */
export function readCandidates(passage: QuotedPassage, asked: Asked, analyze: Analyzer): Candidate[] {
  const units = splitUnits(passage.text);
  const inHeading = new Set(analyze(passage.heading.join(' ')));
  const inName = new Set(analyze(passage.documentName.replace(/[_\-.]+/g, ' ')));
  const inTopics = new Set(analyze(topicsOn({ headings: passage.heading.slice(-2), text: passage.text })));
  const inPassage = new Set(analyze(passage.text));
  const textOf = (span: { start: number; end: number } | undefined): string =>
    span === undefined ? '' : passage.text.slice(span.start, span.end);
  const labelTerms = rememberLast((text) => new Set(analyze(text)));
  const headerTerms = rememberLast((text) => new Set(analyze(text)));
  const termsOf = units.map((unit) => new Set(analyze(textOf(unit))));
  return units.map((unit, index) => {
    const terms = termsOf[index] ?? new Set<string>();
    const near = unit.kind === 'row' ? [] : [termsOf[index - 1], termsOf[index + 1]];
    const inLabel = labelTerms(unit.label);
    const inHeader = headerTerms(`${textOf(unit.header)}\n${textOf(unit.group)}`);
    const found = asked.terms.map((term) => {
      if (terms.has(term)) return weightOf.own;
      // A row never says its year or day itself.
      if (inHeader.has(term)) return figure.test(term) ? weightOf.own : weightOf.header;
      if (inLabel.has(term)) return weightOf.label;
      if (unit.kind === 'row' && inTopics.has(term)) return weightOf.topic;
      if (near.some((one) => one?.has(term))) return weightOf.near;
      if (inHeading.has(term)) return weightOf.heading;
      if (inPassage.has(term)) return weightOf.passage;
      return inName.has(term) ? weightOf.documentName : 0;
    });
    const label = unit.kind === 'row' ? textOf(unit).slice(0, maxRowLabel) : '';
    return {
      passage,
      unit,
      following: units.slice(index + 1, index + 6),
      terms,
      found,
      isFirst: index === 0,
      isLineItem: label !== '' && asked.lineItems.some((item) => item.test(label)),
    };
  });
}

const figure = /^\p{Nd}+$/u;

/** The first cell of a row names it. */
const maxRowLabel = 120;

/** All rows of a table share one header: read anew for each, a wide table would take quadratic time. */
function rememberLast<T>(read: (text: string) => T): (text: string) => T {
  let last: { text: string; value: T } | undefined;
  return (text) => {
    if (last?.text !== text) last = { text, value: read(text) };
    return last.value;
  };
}
