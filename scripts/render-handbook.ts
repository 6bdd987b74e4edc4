import { writeZip } from './write-zip.ts';

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';
const WORD = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const TYPE = 'application/vnd.openxmlformats-officedocument.wordprocessingml';

/** The crew handbook of the example company as a DOCX: headings, prose, a list and a table. */
export function renderHandbook(): Buffer {
  const body = [
    title('Crew handbook: the short version'),
    text('Aurora Ferries plc, valid from 1 January 2026. An invented company; this file is an example.'),
    heading('Before departure'),
    text(
      'The master signs the loading plan before the ramp is raised. The ramp closes three minutes before departure.',
    ),
    item('Count passengers with the gate counter and note the number in the log.'),
    item('Lash every trailer with at least four chains from wind force 6 on.'),
    item('On battery ferries, check that the charge is above 35 percent.'),
    heading('Bicycles, animals and luggage'),
    text(
      'A bicycle travels free of charge. Dogs stay on a lead and out of the café; assistance dogs may go everywhere.',
    ),
    text('Lost property is kept on board for one day and then for 90 days in the office at Skarrow.'),
    heading('Fire in a battery room'),
    text(
      'Nobody enters a battery room during an alarm. Start the water mist, stop the ventilation and report to the bridge.',
    ),
    heading('Radio channels'),
    table([
      ['Channel', 'Purpose', 'Who listens'],
      ['12', 'Harbour of Skarrow', 'bridge, mooring crew'],
      ['14', 'Harbours of Marren and Tolvik', 'bridge, mooring crew'],
      ['16', 'Distress and calling', 'bridge, always'],
      ['72', 'Between ferries', 'bridge'],
    ]),
  ].join('');
  return writeZip([
    { name: '[Content_Types].xml', text: contentTypes() },
    { name: '_rels/.rels', text: relationships([['officeDocument', 'word/document.xml']]) },
    {
      name: 'word/_rels/document.xml.rels',
      text: relationships([
        ['styles', 'styles.xml'],
        ['numbering', 'numbering.xml'],
      ]),
    },
    { name: 'word/styles.xml', text: styles() },
    { name: 'word/numbering.xml', text: numbering() },
    {
      name: 'word/document.xml',
      text: `${XML}<w:document xmlns:w="${WORD}"><w:body>${body}</w:body></w:document>`,
    },
  ]);
}

function title(words: string): string {
  return paragraph(words, '<w:pStyle w:val="Title"/>');
}

function heading(words: string): string {
  return paragraph(words, '<w:pStyle w:val="Heading1"/>');
}

function text(words: string): string {
  return paragraph(words, '');
}

function item(words: string): string {
  return paragraph(words, '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>');
}

function paragraph(words: string, properties: string): string {
  return `<w:p><w:pPr>${properties}</w:pPr><w:r><w:t xml:space="preserve">${words}</w:t></w:r></w:p>`;
}

function table(rows: string[][]): string {
  const border = ['top', 'left', 'bottom', 'right', 'insideH', 'insideV']
    .map((side) => `<w:${side} w:val="single" w:sz="4" w:color="9FB4BF"/>`)
    .join('');
  const cell = (words: string) =>
    `<w:tc><w:tcPr><w:tcW w:w="3000" w:type="dxa"/></w:tcPr>${text(words)}</w:tc>`;
  const lines = rows.map((row) => `<w:tr>${row.map(cell).join('')}</w:tr>`).join('');
  const grid = '<w:tblGrid><w:gridCol w:w="3000"/><w:gridCol w:w="3000"/><w:gridCol w:w="3000"/></w:tblGrid>';
  return `<w:tbl><w:tblPr><w:tblBorders>${border}</w:tblBorders></w:tblPr>${grid}${lines}</w:tbl>${text('')}`;
}

function contentTypes(): string {
  const parts = [
    ['document', 'document.main'],
    ['styles', 'styles'],
    ['numbering', 'numbering'],
  ]
    .map(([name, kind]) => `<Override PartName="/word/${name}.xml" ContentType="${TYPE}.${kind}+xml"/>`)
    .join('');
  return `${XML}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>${parts}</Types>`;
}

function relationships(targets: [kind: string, target: string][]): string {
  const list = targets.map(
    ([kind, target], index) =>
      `<Relationship Id="r${index + 1}" Type="${OFFICE}/${kind}" Target="${target}"/>`,
  );
  return `${XML}<Relationships xmlns="${PACKAGE}/relationships">${list.join('')}</Relationships>`;
}

function styles(): string {
  const style = (id: string, name: string, size: number, extra: string) =>
    `<w:style w:type="paragraph" w:styleId="${id}"><w:name w:val="${name}"/><w:pPr><w:spacing w:before="240" w:after="120"/>${extra}</w:pPr><w:rPr><w:b/><w:sz w:val="${size}"/></w:rPr></w:style>`;
  const base = `<w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Liberation Sans" w:hAnsi="Liberation Sans"/><w:sz w:val="22"/></w:rPr></w:rPrDefault></w:docDefaults>`;
  return `${XML}<w:styles xmlns:w="${WORD}">${base}${style('Title', 'Title', 40, '')}${style('Heading1', 'heading 1', 28, '<w:outlineLvl w:val="0"/>')}</w:styles>`;
}

function numbering(): string {
  const level =
    '<w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="•"/><w:pPr><w:ind w:left="360" w:hanging="360"/></w:pPr></w:lvl>';
  return `${XML}<w:numbering xmlns:w="${WORD}"><w:abstractNum w:abstractNumId="0">${level}</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>`;
}
