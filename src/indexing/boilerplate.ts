/** One page's or chunk's text, parted by whether its lines repeat across the document. */
export interface PartedText {
  own: string;
  repeated: string;
}

/**
 * Parts each text into its own lines and those that repeat on many of the others (running heads, footers,
 * legal lines). Numbers do not tell lines apart, so "Page 3 of 90" repeats. Tables are safe: a line
 * without a letter, or in fewer than the needed number of texts, is the text's own.
 */
export function partBoilerplate(texts: readonly string[]): PartedText[] {
  const needed = Math.max(minRepeats, Math.ceil(texts.length * minShare));
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const line of new Set(text.split('\n').map(shapeOf))) {
      if (line) counts.set(line, (counts.get(line) ?? 0) + 1);
    }
  }
  return texts.map((text) => part(text, (line) => (counts.get(shapeOf(line)) ?? 0) >= needed));
}

const minRepeats = 4;
const minShare = 0.15;

/** Longer lines are paragraphs. */
const maxLineLength = 200;

function shapeOf(line: string): string {
  const shape = line.trim().slice(0, maxLineLength).toLowerCase().replace(/\d+/g, '#').replace(/\s+/g, ' ');
  return /\p{L}/u.test(shape) ? shape : '';
}

function part(text: string, isRepeated: (line: string) => boolean): PartedText {
  const own: string[] = [];
  const repeated: string[] = [];
  for (const line of text.split('\n')) (isRepeated(line) ? repeated : own).push(line);
  return { own: own.join('\n'), repeated: repeated.join('\n') };
}
