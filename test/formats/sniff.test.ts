import { describe, expect, it } from 'vitest';
import { sniff } from '../../src/formats/sniff.ts';
import { sniffBuffer } from './read.ts';
import { makeZip } from './make-zip.ts';

const docxType = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
const docx = makeZip({ '[Content_Types].xml': '<Types/>', 'word/document.xml': '<w:document/>' });
const pdf = Buffer.from('%PDF-1.7\n1 0 obj\n<<>>\nendobj');

describe('sniffing', () => {
  it('goes by the content of another supported type, whatever the name', () => {
    expect(sniffBuffer(docx, 'report.pdf')).toBe(docxType);
    expect(sniffBuffer(pdf, 'report.docx')).toBe('application/pdf');
    expect(sniffBuffer(pdf, 'notes.txt')).toBe('application/pdf');
  });

  it('tells the zip formats apart, also from their first bytes alone', () => {
    const odt = makeZip({ mimetype: 'application/vnd.oasis.opendocument.text', 'content.xml': '<x/>' });
    const epub = makeZip({ mimetype: 'application/epub+zip', 'META-INF/container.xml': '<x/>' });
    const xlsx = makeZip({ '[Content_Types].xml': '<Types/>', 'xl/workbook.xml': '<x/>' });
    for (const names of [undefined, ['']]) {
      expect(sniff(odt, 'a', names)).toBe('application/vnd.oasis.opendocument.text');
      expect(sniff(epub, 'a', names)).toBe('application/epub+zip');
    }
    expect(sniff(xlsx, 'a')).toBe('application/vnd.openxmlformats-officedocument.spreadsheetml.sheet');
    expect(sniff(docx, 'a')).toBe(docxType);
    expect(sniff(makeZip({ 'a.txt': 'x', 'b.txt': 'y' }), 'a.zip')).toBeNull();
  });

  it('refuses binaries under the name of a text, and text under the name of a binary', () => {
    expect(
      sniff(Buffer.concat([Buffer.from('MZ\x90\x00\x03', 'latin1'), Buffer.alloc(2000, 7)]), 'readme.md'),
    ).toBeNull();
    expect(sniff(Buffer.from('OggS\x00\x02', 'latin1'), 'data.csv')).toBeNull();
    expect(sniff(Buffer.from('GIF89a/*<html><body>x</body></html>*/'), 'page.html')).toBeNull();
    expect(sniff(Buffer.from('just some words'), 'report.pdf')).toBeNull();
    expect(sniff(Buffer.from('<html><body>x</body></html>'), 'picture.png')).toBeNull();
  });

  it('knows pictures by their bytes, whatever their name', () => {
    const names = { png: '89504e470d0a1a0a0000000d', jpeg: 'ffd8ffe000104a46', tiff: '49492a0008000000' };
    for (const [name, bytes] of Object.entries(names))
      expect(sniff(Buffer.from(bytes, 'hex'), 'data.csv')).toBe(`image/${name}`);
    expect(sniff(Buffer.from('RIFF\x10\x00\x00\x00WEBPVP8 ', 'latin1'), 'a')).toBe('image/webp');
    expect(sniff(Buffer.from('RIFF\x10\x00\x00\x00WAVEfmt ', 'latin1'), 'a')).toBeNull();
  });

  it('takes a web page that quotes a PDF for a web page', () => {
    const page = Buffer.concat([Buffer.from('<!--'), pdf, Buffer.from('--><p>visible</p>')]);
    expect(sniff(page, 'page.html')).toBe('text/html');
    expect(sniff(Buffer.concat([Buffer.from('junk\n'), pdf]), 'old.pdf')).toBe('application/pdf');
  });

  it('tells kinds of text apart by name, then by content', () => {
    expect(sniff(Buffer.from('# Title'), 'a.md')).toBe('text/markdown');
    expect(sniff(Buffer.from('a,b'), 'a.CSV')).toBe('text/csv');
    expect(sniff(Buffer.from('print(1)'), 'a.py')).toBe('text/x-python');
    expect(sniff(Buffer.from('<!doctype html><p>x'), 'noextension')).toBe('text/html');
    expect(sniff(Buffer.from('{"a": [1]}'), 'noextension')).toBe('application/json');
    expect(sniff(Buffer.from('From: a@b.org\nSubject: x\n\nhi'), 'noextension')).toBe('message/rfc822');
    expect(sniff(Buffer.from('words'), 'noextension')).toBe('text/plain');
    expect(sniff(Buffer.from('cff0e8e2e5f2', 'hex'), 'a.txt')).toBe('text/plain');
  });

  it('knows a file that never was one thing or another', () => {
    expect(sniff(Buffer.alloc(0), 'empty.txt')).toBe('text/plain');
    expect(sniff(Buffer.alloc(0), 'empty.pdf')).toBe('application/pdf');
    expect(sniff(Buffer.from('d0cf11e0a1b11ae1', 'hex'), 'a.doc')).toBe('application/x-ole-storage');
  });
});
