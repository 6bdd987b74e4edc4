import { createRequire } from 'node:module';
import { join } from 'node:path';
import { makeZip } from './make-zip.ts';

/** What every made document says, in the form that its format has for it. */
interface Content {
  title: string;
  paragraphs: readonly string[];
  items: readonly string[];
  /** The first row is the header. */
  table: readonly (readonly string[])[];
}

export interface MadeDocument {
  /** With the ending that its format has. */
  name: string;
  format: string;
  bytes: Buffer;
  /** Everything that a reader of the document sees, and nothing else. */
  expected: string;
}

const contents: Record<string, Content> = {
  english: {
    title: 'Harbour report 2025',
    paragraphs: [
      'The "Tern" & the <Osprey> carried 41,208 passengers; fares rose by 3.5 % in May.',
      'Repairs cost £1.2 million — less than in 2024 — because the yard at Tolvik was idle.',
    ],
    items: ['New pier at Marsk', 'Two electric ferries', 'Café on deck 3'],
    table: [
      ['Route', 'Trips', 'Revenue'],
      ['Marsk–Tolvik', '1,460', '£310,000'],
      ['Tolvik–Sund', '730', '£95,500'],
    ],
  },
  german: {
    title: 'Prüfbericht der Fähren',
    paragraphs: [
      'Die Überfahrt dauert 45 Minuten; größere Schäden traten nicht auf.',
      'Für Öl und Schmierstoffe wurden 12.480,50 € ausgegeben, weil der Preis stieg.',
    ],
    items: ['Rumpf geprüft', 'Schrauben ersetzt', 'Türen geölt'],
    table: [
      ['Schiff', 'Stunden', 'Prüfer'],
      ['Möwe', '12', 'Jürgen Weiß'],
      ['Kühner Häuptling', '7', 'Zoë Ångström'],
    ],
  },
  greek: {
    title: 'Έκθεση λιμένος',
    paragraphs: [
      'Το πλοίο μετέφερε 980 επιβάτες τον Ιούλιο.',
      'Οι επισκευές κόστισαν 4.300 ευρώ, επειδή το ναυπηγείο ήταν κλειστό.',
    ],
    items: ['Νέα προβλήτα', 'Δύο πλοία', 'Καφετέρια'],
    table: [
      ['Γραμμή', 'Δρομολόγια', 'Έσοδα'],
      ['Πειραιάς', '365', '51.000'],
      ['Σύρος', '120', '8.750'],
    ],
  },
};

/** Three documents of every format, always of the same text. */
export async function makeDocuments(): Promise<MadeDocument[]> {
  const made: MadeDocument[] = [];
  for (const [name, content] of Object.entries(contents)) {
    for (const [ending, { write, says = allOf }] of Object.entries(writers)) {
      const bytes = Buffer.from(await write(content));
      made.push({ name: `${name}.${ending}`, format: ending, bytes, expected: says(content) });
    }
  }
  return made;
}

function allOf({ title, paragraphs, items, table }: Content): string {
  return [title, ...paragraphs, ...items, ...table.flat()].join('\n');
}

function tableOf({ table }: Content): string {
  return table.flat().join('\n');
}

interface Writer {
  write(content: Content): Uint8Array | string | Promise<Uint8Array>;
  says?(content: Content): string;
}

const writers: Record<string, Writer> = {
  pdf: { write: writePdf },
  docx: { write: writeDocx },
  pptx: { write: writePptx },
  xlsx: { write: writeXlsx, says: (content) => `${content.title}\n${tableOf(content)}` },
  odt: { write: (content) => writeOdf('text', odfText(content)) },
  ods: { write: (content) => writeOdf('spreadsheet', odfTable(content)), says: tableOf },
  odp: { write: writeOdp, says: ({ title, paragraphs }) => [title, ...paragraphs].join('\n') },
  rtf: { write: writeRtf },
  epub: { write: writeEpub },
  html: { write: (content) => `<!doctype html><meta charset="utf-8"><body>${htmlOf(content)}</body>` },
  eml: { write: writeEml },
  md: { write: writeMarkdown },
  csv: { write: ({ table }) => table.map((row) => row.map(quoted).join(',')).join('\n'), says: tableOf },
  json: { write: (content) => JSON.stringify(content, null, 2) },
  txt: {
    write: ({ title, paragraphs, items, table }) =>
      [title, ...paragraphs, items.join('\n'), table.map((row) => row.join('\t')).join('\n')].join('\n\n'),
  },
};

async function writePdf({ title, paragraphs, items, table }: Content): Promise<Uint8Array> {
  const font = createRequire(import.meta.url)
    .resolve('dejavu-fonts-ttf/package.json')
    .replace('package.json', '');
  const { default: PDFDocument } = await import('pdfkit');
  const pdf = new PDFDocument({ size: 'A4', margin: 60 });
  const pieces: Buffer[] = [];
  pdf.on('data', (piece: Buffer) => pieces.push(piece));
  const ended = new Promise((resolve) => pdf.on('end', resolve));
  pdf.font(join(font, 'ttf/DejaVuSans.ttf'));
  pdf.fontSize(20).text(title).moveDown().fontSize(11);
  for (const paragraph of paragraphs) pdf.text(paragraph).moveDown();
  for (const item of items) pdf.text(`• ${item}`);
  let y = pdf.y + 20;
  for (const row of table) {
    row.forEach((cell, at) => pdf.text(cell, 60 + at * 160, y, { lineBreak: false }));
    y += 18;
  }
  pdf.end();
  await ended;
  return Buffer.concat(pieces);
}

function writeDocx({ title, paragraphs, items, table }: Content): Buffer {
  const space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"';
  const p = (text: string, style = ''): string =>
    `<w:p>${style && `<w:pPr><w:pStyle w:val="${style}"/></w:pPr>`}<w:r><w:t xml:space="preserve">${escape(text)}</w:t></w:r></w:p>`;
  const rows = table.map((row) => `<w:tr>${row.map((cell) => `<w:tc>${p(cell)}</w:tc>`).join('')}</w:tr>`);
  const body = [
    p(title, 'Heading1'),
    ...paragraphs.map((text) => p(text)),
    ...items.map((text) => p(text, 'ListBullet')),
  ];
  return makeZip({
    '[Content_Types].xml': '<Types/>',
    'word/document.xml': `<w:document ${space}><w:body>${body.join('')}<w:tbl>${rows.join('')}</w:tbl></w:body></w:document>`,
  });
}

const relationships = (...all: [string, string, string][]): string =>
  `<Relationships>${all.map(([id, type, target]) => `<Relationship Id="${id}" Type="http://x/${type}" Target="${target}"/>`).join('')}</Relationships>`;

function writePptx({ title, paragraphs, items, table }: Content): Buffer {
  const p = (text: string): string => `<a:p><a:r><a:t>${escape(text)}</a:t></a:r></a:p>`;
  const shape = (type: string, texts: readonly string[]): string =>
    `<p:sp><p:nvSpPr><p:nvPr><p:ph type="${type}"/></p:nvPr></p:nvSpPr><p:txBody>${texts.map(p).join('')}</p:txBody></p:sp>`;
  const rows = table.map(
    (row) => `<a:tr>${row.map((cell) => `<a:tc><a:txBody>${p(cell)}</a:txBody></a:tc>`).join('')}</a:tr>`,
  );
  const frame = `<p:graphicFrame><a:graphic><a:graphicData><a:tbl>${rows.join('')}</a:tbl></a:graphicData></a:graphic></p:graphicFrame>`;
  return makeZip({
    '[Content_Types].xml': '<Types/>',
    '_rels/.rels': relationships(['r1', 'officeDocument', 'ppt/presentation.xml']),
    'ppt/presentation.xml':
      '<p:presentation xmlns:r="r"><p:sldIdLst><p:sldId id="256" r:id="r1"/></p:sldIdLst></p:presentation>',
    'ppt/_rels/presentation.xml.rels': relationships(['r1', 'slide', 'slides/slide1.xml']),
    'ppt/slides/slide1.xml': `<p:sld>${shape('title', [title])}${shape('body', [...paragraphs, ...items])}${frame}</p:sld>`,
  });
}

function writeXlsx({ title, table }: Content): Buffer {
  const cells = (row: readonly string[], at: number): string =>
    row
      .map(
        (cell, column) =>
          `<c r="${'ABC'[column]}${at + 1}" t="inlineStr"><is><t>${escape(cell)}</t></is></c>`,
      )
      .join('');
  const rows = table.map((row, at) => `<row r="${at + 1}">${cells(row, at)}</row>`);
  return makeZip({
    '[Content_Types].xml': '<Types/>',
    '_rels/.rels': relationships(['r1', 'officeDocument', 'xl/workbook.xml']),
    'xl/workbook.xml': `<workbook xmlns:r="r"><sheets><sheet name="${escape(title)}" sheetId="1" r:id="r1"/></sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': relationships(['r1', 'worksheet', 'worksheets/sheet1.xml']),
    'xl/worksheets/sheet1.xml': `<worksheet><sheetData>${rows.join('')}</sheetData></worksheet>`,
  });
}

function writeOdf(kind: string, body: string): Buffer {
  const spaces = 'xmlns:office="o" xmlns:text="t" xmlns:table="ta" xmlns:draw="d" xmlns:presentation="p"';
  return makeZip({
    mimetype: `application/vnd.oasis.opendocument.${kind}`,
    'content.xml': `<office:document-content ${spaces}><office:body><office:${kind}>${body}</office:${kind}></office:body></office:document-content>`,
  });
}

const odfParagraph = (text: string): string => `<text:p>${escape(text)}</text:p>`;

function odfText(content: Content): string {
  const items = content.items.map((item) => `<text:list-item>${odfParagraph(item)}</text:list-item>`);
  return `<text:h text:outline-level="1">${escape(content.title)}</text:h>${content.paragraphs.map(odfParagraph).join('')}<text:list>${items.join('')}</text:list>${odfTable(content)}`;
}

function odfTable({ title, table }: Content): string {
  const cell = (text: string): string => `<table:table-cell>${odfParagraph(text)}</table:table-cell>`;
  const rows = table.map((row) => `<table:table-row>${row.map(cell).join('')}</table:table-row>`);
  return `<table:table table:name="${escape(title)}">${rows.join('')}</table:table>`;
}

function writeOdp({ title, paragraphs }: Content): Buffer {
  const frame = (kind: string, texts: readonly string[]): string =>
    `<draw:frame presentation:class="${kind}"><draw:text-box>${texts.map(odfParagraph).join('')}</draw:text-box></draw:frame>`;
  return writeOdf(
    'presentation',
    `<draw:page>${frame('title', [title])}${frame('outline', paragraphs)}</draw:page>`,
  );
}

function writeRtf({ title, paragraphs, items, table }: Content): string {
  const text = (source: string): string =>
    source.replace(/[\\{}]/g, '\\$&').replace(/[^\0-\x7f]/g, (letter) => `\\u${letter.charCodeAt(0)}?`);
  const rows = table.map(
    (row) =>
      `\\trowd${row.map((_, at) => `\\cellx${(at + 1) * 2000}`).join('')}\\intbl ${row.map((cell) => `${text(cell)}\\cell `).join('')}\\row`,
  );
  return `{\\rtf1\\ansi\\uc1 ${[title, ...paragraphs, ...items].map((line) => `${text(line)}\\par\n`).join('')}${rows.join('\n')}\\pard}`;
}

function writeEpub(content: Content): Buffer {
  const page = `<html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head><body>${htmlOf(content)}</body></html>`;
  return makeZip({
    mimetype: 'application/epub+zip',
    'META-INF/container.xml':
      '<container><rootfiles><rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>',
    'book.opf':
      '<package><manifest><item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest><spine><itemref idref="a"/></spine></package>',
    'a.xhtml': page,
  });
}

function writeEml(content: Content): string {
  const body = Buffer.from(htmlOf({ ...content, title: '' })).toString('base64');
  const subject = `=?utf-8?B?${Buffer.from(content.title).toString('base64')}?=`;
  return `From: a@example.org\nTo: b@example.org\nSubject: ${subject}\nDate: Mon, 6 Jan 2025 10:00:00 +0000\nMIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64\n\n${body.replace(/.{76}/g, '$&\n')}\n`;
}

function writeMarkdown({ title, paragraphs, items, table }: Content): string {
  const [header = [], ...rows] = table;
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const lines = [row(header), row(header.map(() => '---')), ...rows.map(row)];
  return `# ${title}\n\n${paragraphs.join('\n\n')}\n\n${items.map((item) => `- ${item}`).join('\n')}\n\n${lines.join('\n')}\n`;
}

function htmlOf({ title, paragraphs, items, table }: Content): string {
  const list = (tag: string, texts: readonly string[]): string =>
    texts.map((text) => `<${tag}>${escape(text)}</${tag}>`).join('');
  return `<h1>${escape(title)}</h1>${list('p', paragraphs)}<ul>${list('li', items)}</ul><table>${table.map((row) => `<tr>${list('td', row)}</tr>`).join('')}</table>`;
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function quoted(cell: string): string {
  return /[",]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
