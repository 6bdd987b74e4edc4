/** A word and where it stands, in pixels of the picture of its page. */
export interface PlacedWord {
  text: string;
  left: number;
  top: number;
  width: number;
  height: number;
}

/** The words of a page by lines, in reading order, and the size of the picture that they were read in. */
export interface PageWords {
  width: number;
  height: number;
  lines: PlacedWord[][];
}

/** A page as text recognition has read it. */
export interface RecognisedPage {
  text: string;
  /** Null where it is not known how the picture is shown. */
  words: PageWords | null;
}

/** level, page, block, paragraph, line, word, left, top, width, height, confidence, text */
const columns = 12;
/** Of the first column. */
const [pageLevel, wordLevel] = ['1', '5'];

/**
 * Pages of what tesseract has written as text and as a table at once, whose rows come before the text of their page. No
 * text of it holds a tab. Pages are parted by form feeds, which some releases write behind the last one too.
 */
export function readPages(output: string): RecognisedPage[] {
  let texts = '';
  const placed: PageWords[] = [];
  let current = '';
  for (const line of output.split(/(?<=\n)/)) {
    const [first = '', ...rest] = line.split('\t');
    if (rest.length !== columns - 1) {
      texts += line;
      continue;
    }
    if (first.startsWith('\f')) texts += '\f';
    const [, block, paragraph, number, , left, top, width, height, , written = ''] = rest;
    const level = first.replace('\f', '');
    const text = written.trim();
    const box = { left: Number(left), top: Number(top), width: Number(width), height: Number(height) };
    if (level === pageLevel) placed.push({ width: box.width, height: box.height, lines: [] });
    if (level !== wordLevel || text === '') continue;
    const place = `${placed.length} ${block} ${paragraph} ${number}`;
    if (place !== current) placed.at(-1)?.lines.push([]);
    current = place;
    placed
      .at(-1)
      ?.lines.at(-1)
      ?.push({ text, ...box });
  }
  const pages = texts.replace(/\f$/, '').split('\f');
  return pages.map((text, at) => ({ text, words: placed[at] ?? null }));
}
