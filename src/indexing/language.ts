import { eld } from 'eld/extrasmall';

/**
 * Language of a text as ISO 639-1, or `und` when nothing tells (numbers, code, a few words).
 * Reads samples spread over the text, so a long document costs no more than a short one.
 */
export function detectLanguage(text: string): string {
  const result = eld.detect(sample(text));
  return result.language && result.isReliable() ? result.language : 'und';
}

const sampleLength = 600;
const sampleCount = 5;

/** Five passages: covers, tables and quotations in another language do not decide alone. */
function sample(text: string): string {
  if (text.length <= sampleLength * sampleCount) return text;
  const step = (text.length - sampleLength) / (sampleCount - 1);
  return Array.from({ length: sampleCount }, (_, at) => {
    const start = Math.floor(at * step);
    return text.slice(start, start + sampleLength);
  }).join('\n');
}
