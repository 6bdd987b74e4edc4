import type { Analyzer } from '../../indexing/analyze.ts';
import { type QuotableUnit, splitUnits } from './quotable-units.ts';

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
}

/** How much a term of the question counts where it is found: in the unit itself, or around it. */
export const weightOf = { own: 1, header: 0.7, label: 0.6, heading: 0.4, documentName: 0.2 };

/** Every unit of the passage, with where it holds the terms that are asked for. */
export function readCandidates(passage: QuotedPassage, asked: string[], analyze: Analyzer): Candidate[] {
  const units = splitUnits(passage.text);
  const inHeading = new Set(analyze(passage.heading.join(' ')));
  const inName = new Set(analyze(passage.documentName));
  const labelTerms = rememberLast((text) => new Set(analyze(text)));
  const headerTerms = rememberLast((text) => new Set(analyze(text)));
  return units.map((unit, index) => {
    const terms = new Set(analyze(passage.text.slice(unit.start, unit.end)));
    const inLabel = labelTerms(unit.label);
    const inHeader = headerTerms(unit.header ? passage.text.slice(unit.header.start, unit.header.end) : '');
    const found = asked.map((term) => {
      if (terms.has(term)) return weightOf.own;
      if (inHeader.has(term)) return weightOf.header;
      if (inLabel.has(term)) return weightOf.label;
      if (inHeading.has(term)) return weightOf.heading;
      return inName.has(term) ? weightOf.documentName : 0;
    });
    return {
      passage,
      unit,
      following: units.slice(index + 1, index + 6),
      terms,
      found,
      isFirst: index === 0,
    };
  });
}

/** All rows of a table share one header: read anew for each, a wide table would take quadratic time. */
function rememberLast<T>(read: (text: string) => T): (text: string) => T {
  let last: { text: string; value: T } | undefined;
  return (text) => {
    if (last?.text !== text) last = { text, value: read(text) };
    return last.value;
  };
}
