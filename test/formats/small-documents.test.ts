import { describe, expect, it } from 'vitest';
import { makeZip } from './make-zip.ts';
import { outline, read } from './read.ts';

const w = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"';
const odfSpaces = 'xmlns:office="o" xmlns:text="t" xmlns:table="ta" xmlns:draw="d" xmlns:presentation="p"';

function docx(body: string): Buffer {
  return makeZip({
    '[Content_Types].xml': '<Types/>',
    'word/document.xml': `<w:document ${w}><w:body>${body}</w:body></w:document>`,
  });
}

function odf(kind: string, body: string): Buffer {
  const content = `<office:document-content ${odfSpaces}><office:body>${body}</office:body></office:document-content>`;
  return makeZip({ mimetype: `application/vnd.oasis.opendocument.${kind}`, 'content.xml': content });
}

const paragraph = (text: string) => `<w:p><w:r><w:t>${text}</w:t></w:r></w:p>`;

describe('Word', () => {
  it('repeats merged cells in every row that they label', async () => {
    const cell = (text: string, properties = '') =>
      `<w:tc><w:tcPr>${properties}</w:tcPr>${paragraph(text)}</w:tc>`;
    const table = `<w:tbl><w:tr>${cell('Region')}${cell('Sales')}</w:tr>
      <w:tr>${cell('North', '<w:vMerge w:val="restart"/>')}${cell('1')}</w:tr><w:tr>${cell('', '<w:vMerge/>')}${cell('2')}</w:tr></w:tbl>`;
    const document = await read(docx(paragraph('Intro') + table), 'a.docx');
    expect(outline(document)).toEqual(['paragraph: Intro', 'table: Region\tSales\nNorth\t1\nNorth\t2']);
    expect(document.text.slice(document.blocks[1]?.start, document.blocks[1]?.headerEnd)).toBe(
      'Region\tSales',
    );
  });

  it('leaves out deleted and hidden text', async () => {
    const body = `<w:p><w:del><w:r><w:delText>gone</w:delText></w:r></w:del><w:r><w:t>kept</w:t></w:r>
      <w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r></w:p>`;
    expect((await read(docx(body), 'a.docx')).text).toBe('kept');
  });

  it('removes NULs and counts them', async () => {
    const document = await read(Buffer.from('before\0and\0after'), 'a.txt');
    expect(document).toMatchObject({ text: 'beforeandafter', removedNuls: 2 });
  });
});

describe('Markdown', () => {
  it('shows the characters that references stand for, but in code', async () => {
    const source =
      'Tom &amp; Ada&#8217;s caf&eacute; &#x2014; &unknown; `a &amp;&amp; b`\n\n```\nx &lt; y\n```\n';
    expect((await read(Buffer.from(source), 'a.md')).text).toBe(
      'Tom & Ada’s café — &unknown; `a &amp;&amp; b`\n\n```\nx &lt; y\n```\n',
    );
  });
});

describe('slides', () => {
  it('give the text of footers and of notes, and titles and values of charts', async () => {
    const shape = (type: string, text: string): string =>
      `<p:sp><p:nvSpPr><p:nvPr><p:ph type="${type}"/></p:nvPr></p:nvSpPr><p:txBody><a:p><a:r><a:t>${text}</a:t></a:r></a:p></p:txBody></p:sp>`;
    const relationship = (id: string, type: string, target: string): string =>
      `<Relationship Id="${id}" Type="http://x/${type}" Target="${target}"/>`;
    const relationships = (...all: string[]): string => `<Relationships>${all.join('')}</Relationships>`;
    const file = makeZip({
      '[Content_Types].xml': '<Types/>',
      '_rels/.rels': relationships(relationship('r1', 'officeDocument', 'ppt/presentation.xml')),
      'ppt/presentation.xml':
        '<p:presentation xmlns:r="r"><p:sldIdLst><p:sldId id="256" r:id="r1"/></p:sldIdLst></p:presentation>',
      'ppt/_rels/presentation.xml.rels': relationships(relationship('r1', 'slide', 'slides/slide1.xml')),
      'ppt/slides/slide1.xml': `<p:sld>${shape('title', 'Fleet')}${shape('ftr', 'Internal use')}${shape('sldNum', '1')}</p:sld>`,
      'ppt/slides/_rels/slide1.xml.rels': relationships(
        relationship('r1', 'notesSlide', '../notesSlides/notesSlide1.xml'),
        relationship('r2', 'chart', '../charts/chart1.xml'),
      ),
      'ppt/notesSlides/notesSlide1.xml': `<p:notes>${shape('body', 'Speak slowly')}${shape('hdr', 'Handout')}</p:notes>`,
      'ppt/charts/chart1.xml':
        '<c:chartSpace><c:title><c:tx><c:rich><a:p><a:r><a:t>Catch by year</a:t></a:r></a:p></c:rich></c:tx></c:title><c:ser><c:cat><c:strCache><c:pt><c:v>2023</c:v></c:pt></c:strCache></c:cat><c:val><c:numCache><c:pt><c:v>40</c:v></c:pt></c:numCache></c:val></c:ser></c:chartSpace>',
    });
    const { text } = await read(file, 'a.pptx');
    for (const words of [
      'Fleet',
      'Internal use',
      'Notes: Speak slowly',
      'Handout',
      'Catch by year',
      '2023',
      '40',
    ])
      expect(text).toContain(words);
    expect(text).not.toMatch(/^1$/m);
  });
});

describe('OpenDocument', () => {
  it('reads headings, lists, notes and tables of a text', async () => {
    const body = `<office:text><text:h text:outline-level="2">Head</text:h><text:p>Hello<text:s text:c="2"/>world<text:note>
      <text:note-citation>1</text:note-citation><text:note-body><text:p>a note</text:p></text:note-body></text:note></text:p>
      <text:list><text:list-item><text:p>one</text:p></text:list-item></text:list>
      <table:table><table:table-header-rows><table:table-row><table:table-cell><text:p>A</text:p></table:table-cell>
      <table:table-cell><text:p>B</text:p></table:table-cell></table:table-row></table:table-header-rows>
      <table:table-row><table:table-cell><text:p>1</text:p></table:table-cell><table:table-cell><text:p>2</text:p></table:table-cell>
      </table:table-row></table:table></office:text>`;
    const document = await read(odf('text', body), 'a.odt');
    expect(outline(document)).toEqual([
      'heading2: Head',
      'paragraph: Hello  world',
      'paragraph: a note',
      'list_item: - one',
      'table: A\tB\n1\t2',
    ]);
  });

  it('takes slides and sheets for pages', async () => {
    const slide = (text: string) =>
      `<draw:page><draw:frame><draw:text-box><text:p>${text}</text:p></draw:text-box></draw:frame></draw:page>`;
    const slides = await read(
      odf('presentation', `<office:presentation>${slide('one')}${slide('two')}</office:presentation>`),
      'a.odp',
    );
    expect(outline(slides)).toEqual(['1 paragraph: one', '2 paragraph: two']);
    const row = (...cells: string[]) =>
      `<table:table-row>${cells.map((cell) => `<table:table-cell><text:p>${cell}</text:p></table:table-cell>`).join('')}</table:table-row>`;
    const padding =
      '<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>';
    const sheet = `<office:spreadsheet><table:table table:name="Costs">${row('Item', 'Price')}${row('Tea', '3')}${padding}</table:table></office:spreadsheet>`;
    expect(outline(await read(odf('spreadsheet', sheet), 'a.ods'))).toEqual([
      '1 heading1: Costs',
      '1 table: Item\tPrice\nTea\t3',
    ]);
  });
});

describe('RTF', () => {
  it('reads code pages, Unicode, headings and tables, and skips what is hidden', async () => {
    const source = String.raw`{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}{\f1\fcharset204 Arial;}}{\info{\title Plan}}
      {\*\generator X;}\pard\outlinelevel0 Top\par \pard Caf\'e9 \u8364? {\f1 \'cf\'f0\'e8\'e2\'e5\'f2}{\v secret}\par
      \trowd\cellx1\cellx2\pard\intbl Name\cell Value\cell{\trowd\cellx1\cellx2\row}\trowd\pard\intbl Tea\cell 3\cell\row\pard Done\par}`;
    const document = await read(Buffer.from(source.replace(/\n\s+/g, '\n')), 'a.rtf');
    expect(document.title).toBe('Plan');
    expect(outline(document)).toEqual([
      'heading1: Top',
      'paragraph: Café € Привет',
      'table: Name\tValue\nTea\t3',
      'paragraph: Done',
    ]);
  });
});

describe('e-mail', () => {
  it('reads the headers and the better of two texts, and names attachments', async () => {
    const source = `From: =?utf-8?Q?J=C3=BCrgen?= <j@example.org>
Subject: =?utf-8?B?R3LDvMOfZQ==?=
Content-Type: multipart/mixed; boundary="x"

--x
Content-Type: multipart/alternative; boundary=y

--y
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Liebe Gr=FC=DFe und =
noch viele weitere.
--y
Content-Type: text/html

<p>Nicht dies</p>
--y--
--x
Content-Type: application/pdf; name="plan.pdf"
Content-Disposition: attachment; filename="plan.pdf"

binary
--x--
`;
    const document = await read(Buffer.from(source), 'a.eml');
    expect(document.title).toBe('Grüße');
    expect(outline(document)).toEqual([
      'heading1: Grüße',
      'paragraph: From: Jürgen <j@example.org>',
      'paragraph: Liebe Grüße und noch viele weitere.',
      'paragraph: Attachments: plan.pdf',
    ]);
  });
});

describe('web pages', () => {
  it('reads what a reader would see', async () => {
    const page = `<title>T</title><nav>menu</nav><h2>Head</h2><p>one <b>two</b><br>three</p><p hidden>no</p><p style="display: none">no</p>
      <script>no()</script><ol><li>first<li>second</ol><table><tr><th>A<th>B<tr><td>1<td>2</table><pre>x\n  y</pre>`;
    const document = await read(Buffer.from(page), 'a.html');
    expect(document.title).toBe('T');
    expect(outline(document)).toEqual([
      'heading2: Head',
      'paragraph: one two\nthree',
      'list_item: 1. first',
      'list_item: 2. second',
      'table: A\tB\n1\t2',
      'code: x\n  y',
    ]);
  });
});

describe('Markdown, CSV and JSON', () => {
  it('keeps Markdown as it is and knows its blocks', async () => {
    const source =
      '# Title\n\nText\nmore\n\n- a\n- b\n\n| x | y |\n|---|---|\n| 1 | 2 |\n\n```js\ncode\n\n# no heading\n```\nSub\n---\n';
    const document = await read(Buffer.from(source), 'a.md');
    expect(document.text).toBe(source);
    expect(document.title).toBe('Title');
    expect(document.blocks.map(({ kind }) => kind)).toEqual([
      'heading',
      'paragraph',
      'list_item',
      'list_item',
      'table',
      'code',
      'heading',
    ]);
  });

  it.each([
    ['# Title', 'Title'],
    ['  ##\t Title ##  ', 'Title'],
    ['# Programming in C#', 'Programming in C#'],
    ['# #', null],
    ['#', null],
    ['Title  \n=====', 'Title'],
    ['```ts\nconst x = 1;\n\nx;\n```', 'const x = 1;\n\nx;'],
    ['```\nnever closed', 'never closed'],
    ['```\n```', null],
    ['---\nauthor: Ada\n---', 'author: Ada'],
    ['Only words', null],
  ])('tells the words of Markdown from its marks: %j', async (source, words) => {
    const { text, blocks } = await read(Buffer.from(source), 'a.md');
    const [block] = blocks;
    expect(blocks).toHaveLength(1);
    expect(block?.inner ? text.slice(block.inner.start, block.inner.end) : null).toBe(words);
  });

  it('finds the delimiter and the quotes of CSV', async () => {
    const document = await read(Buffer.from('name;note\r\n"Smith; J.";"said ""hi""\nand left"\r\n'), 'a.csv');
    expect(document.text).toBe('name\tnote\nSmith; J.\tsaid "hi" and left');
    expect(document.blocks[0]?.headerEnd).toBe('name\tnote'.length);
  });

  it('lays out JSON that has no lines', async () => {
    const rows = Array.from({ length: 200 }, (_, id) => ({ id, name: `name ${id}` }));
    const document = await read(Buffer.from(JSON.stringify(rows)), 'a.json');
    expect(JSON.parse(document.text)).toEqual(rows);
    expect(document.blocks.length).toBeGreaterThan(3);
  });
});

describe('a zip', () => {
  it('is refused when its headers lie about sizes', async () => {
    const lying = makeZip(
      { '[Content_Types].xml': '<Types/>', 'word/document.xml': `<w:document ${w}/>` },
      7,
    );
    await expect(read(lying, 'a.docx')).rejects.toMatchObject({ code: 'document_malformed' });
  });

  it('is refused when it declares entities', async () => {
    const bomb = makeZip({
      '[Content_Types].xml': '<Types/>',
      'word/document.xml': '<!DOCTYPE w [<!ENTITY a "b">]><w:document/>',
    });
    await expect(read(bomb, 'a.docx')).rejects.toMatchObject({ code: 'document_malformed' });
  });
});
