import { tooMuchText } from './document-builder.ts';
import type { ExtractionContext } from './format.ts';
import type { SheetRow } from './xlsx-sheet.ts';
import { attribute, readXml } from './xml.ts';

/** A cell or row that is repeated further than this is padding to the edge of the sheet. */
const maxRepeats = 200;

/** The sheets of an OpenDocument workbook with the rows that hold anything. */
export function readOdfSheets(
  bytes: Uint8Array,
  context: ExtractionContext,
): { name: string; rows: SheetRow[] }[] {
  const sheets: { name: string; rows: SheetRow[] }[] = [];
  let cells = new Map<number, string>();
  let rowIndex = 0;
  let column = 0;
  let rowRepeats = 1;
  let cellRepeats = 1;
  let text: string[] = [];
  let paragraphs = 0;
  let characters = 0;
  readXml(bytes, {
    open(name, attributes) {
      if (name === 'table') {
        sheets.push({ name: attribute(attributes, 'name') ?? '', rows: [] });
        rowIndex = 0;
      } else if (name === 'table-row') {
        cells = new Map();
        column = 0;
        rowRepeats = repeats(attribute(attributes, 'number-rows-repeated'));
      } else if (name === 'table-cell' || name === 'covered-table-cell') {
        cellRepeats = repeats(attribute(attributes, 'number-columns-repeated'));
        text = [];
      } else if (name === 'p') {
        if (text.length > 0) text.push(' ');
        paragraphs++;
      } else if (name === 's' || name === 'tab' || name === 'line-break') text.push(' ');
    },
    text(part) {
      if (paragraphs > 0) text.push(part);
    },
    close(name) {
      if (name === 'p') paragraphs--;
      else if (name === 'table-cell' || name === 'covered-table-cell') {
        const value = text.join('').trim();
        if (value !== '' && cellRepeats <= maxRepeats)
          for (let at = 0; at < cellRepeats; at++) cells.set(column + at, value);
        characters += value.length * Math.min(cellRepeats, maxRepeats);
        column += cellRepeats;
        text = [];
      } else if (name === 'table-row') {
        const copies = cells.size > 0 && rowRepeats <= maxRepeats ? rowRepeats : 1;
        for (let at = 0; at < copies && cells.size > 0; at++)
          sheets.at(-1)?.rows.push({ index: rowIndex + at, cells });
        rowIndex += rowRepeats;
        if (characters > context.maxCharacters) throw tooMuchText(context.maxCharacters);
      } else if (name === 'table') context.progress(sheets.length, null);
    },
  });
  return sheets;
}

function repeats(value: string | undefined): number {
  const count = Number(value ?? 1);
  return count >= 1 ? Math.floor(count) : 1;
}
