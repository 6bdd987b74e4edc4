import { framesFor } from './frames.ts';

/** A passage to summarise; `n` is its source number. */
export interface SummaryPassage {
  n: number;
  text: string;
  heading: readonly string[];
}

const maxLines = 12;
const maxLineCharacters = 400;
const shortest = 25;

/** A summary without a language model: the first full sentence of each passage, quoted, under its heading. `language`: of the documents. */
export function summariseExtractively(
  question: string,
  passages: readonly SummaryPassage[],
  language: string | null,
): string {
  const frames = framesFor(question, language);
  const lines: string[] = [];
  let heading = '';
  for (const passage of passages) {
    const sentence = firstSentence(passage.text);
    if (sentence === null) continue;
    const own = passage.heading.at(-1) ?? '';
    if (own !== '' && own !== heading) lines.push(`**${own.replaceAll('*', '')}**`);
    heading = own;
    lines.push(`“${sentence}” [${passage.n}]`);
    if (lines.length >= maxLines * 2) break;
  }
  if (lines.length === 0) return frames.noSentence;
  return `${frames.opening}\n\n${lines.join('\n\n')}`;
}

/** Verbatim, so that its citation can be checked; table rows and headings are passed over. */
function firstSentence(text: string): string | null {
  for (const { segment } of new Intl.Segmenter(undefined, { granularity: 'sentence' }).segment(text)) {
    for (const line of segment.split('\n')) {
      const sentence = line.trim();
      const isProse = !sentence.includes('\t') && /[.!?。！？।]["”’)]?$/u.test(sentence);
      if (isProse && sentence.length >= shortest && sentence.length <= maxLineCharacters) return sentence;
    }
  }
  return null;
}
