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
  const lined = texts.map(linesOf);
  for (const lines of lined) {
    for (const shape of new Set(lines.map((line) => line.shape))) {
      if (shape) counts.set(shape, (counts.get(shape) ?? 0) + 1);
    }
  }
  const repeats = new Set([...counts].flatMap(([shape, count]) => (count >= needed ? [shape] : [])));
  return texts.map((text, at) =>
    repeats.size === 0 ? { own: text, repeated: '' } : part(lined[at]!, repeats),
  );
}

const minRepeats = 4;
const minShare = 0.15;

/** Longer lines are paragraphs. */
const maxLineLength = 200;

function shapeOf(line: string): string {
  const shape = line.trim().slice(0, maxLineLength).toLowerCase().replace(/\d+/g, '#').replace(/\s+/g, ' ');
  return /\p{L}/u.test(shape) ? shape : '';
}

interface Line {
  text: string;
  /** What it has in common with those that repeat it; empty for a line that cannot be repeated. */
  shape: string;
}

function linesOf(text: string): Line[] {
  return text.split('\n').map((line) => ({ text: line, shape: shapeOf(line) }));
}

function part(lines: readonly Line[], repeats: ReadonlySet<string>): PartedText {
  const own: string[] = [];
  const repeated: string[] = [];
  for (const { text, shape } of lines) (repeats.has(shape) ? repeated : own).push(text);
  return { own: own.join('\n'), repeated: repeated.join('\n') };
}
