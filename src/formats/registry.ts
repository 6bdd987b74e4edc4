import type { Format } from './format.ts';
import { languages } from './source-languages.ts';

/** Holds no text of its own: what text recognition has read of it, page by page. */
export const picture: Format = {
  name: 'picture',
  mediaTypes: ['image/png', 'image/jpeg', 'image/tiff', 'image/webp'],
  extensions: ['png', 'jpg', 'jpeg', 'tif', 'tiff', 'webp'],
  load: async () => await import('./picture.ts'),
};

/** The container of Office before 2007; an encrypted DOCX, PPTX or XLSX is wrapped in one too. */
const oleStorage: Format = {
  name: 'Legacy Office document',
  mediaTypes: ['application/x-ole-storage'],
  extensions: ['doc', 'xls', 'ppt', 'msg'],
  load: async () => await import('./ole.ts'),
};

/** Every format that can be read. */
export const formats: Format[] = [
  {
    name: 'PDF',
    mediaTypes: ['application/pdf', 'application/x-pdf'],
    extensions: ['pdf'],
    load: async () => await import('./pdf.ts'),
  },
  {
    name: 'Word',
    mediaTypes: [
      'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
      'application/vnd.openxmlformats-officedocument.wordprocessingml.template',
      'application/vnd.ms-word.document.macroenabled.12',
    ],
    extensions: ['docx', 'docm', 'dotx'],
    load: async () => await import('./docx.ts'),
  },
  {
    name: 'PowerPoint',
    mediaTypes: [
      'application/vnd.openxmlformats-officedocument.presentationml.presentation',
      'application/vnd.openxmlformats-officedocument.presentationml.slideshow',
      'application/vnd.ms-powerpoint.presentation.macroenabled.12',
    ],
    extensions: ['pptx', 'pptm', 'ppsx'],
    load: async () => await import('./pptx.ts'),
  },
  {
    name: 'Excel',
    mediaTypes: [
      'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
      'application/vnd.openxmlformats-officedocument.spreadsheetml.template',
      'application/vnd.ms-excel.sheet.macroenabled.12',
    ],
    extensions: ['xlsx', 'xlsm', 'xltx'],
    load: async () => await import('./xlsx.ts'),
  },
  {
    name: 'OpenDocument',
    mediaTypes: ['text', 'spreadsheet', 'presentation'].map(
      (kind) => `application/vnd.oasis.opendocument.${kind}`,
    ),
    extensions: ['odt', 'ods', 'odp', 'ott', 'ots', 'otp'],
    load: async () => await import('./odf.ts'),
  },
  {
    name: 'Rich Text',
    mediaTypes: ['application/rtf', 'text/rtf'],
    extensions: ['rtf'],
    load: async () => await import('./rtf.ts'),
  },
  {
    name: 'EPUB',
    mediaTypes: ['application/epub+zip'],
    extensions: ['epub'],
    load: async () => await import('./epub.ts'),
  },
  {
    name: 'HTML',
    mediaTypes: ['text/html', 'application/xhtml+xml'],
    extensions: ['html', 'htm', 'xhtml', 'xht'],
    load: async () => await import('./html.ts'),
  },
  {
    name: 'E-mail',
    mediaTypes: ['message/rfc822'],
    extensions: ['eml'],
    load: async () => await import('./eml.ts'),
  },
  {
    name: 'Markdown',
    mediaTypes: ['text/markdown', 'text/x-markdown'],
    extensions: ['md', 'markdown', 'mdown', 'mkd', 'mdx'],
    load: async () => await import('./markdown.ts'),
  },
  {
    name: 'CSV',
    mediaTypes: ['text/csv', 'text/tab-separated-values', 'application/csv'],
    extensions: ['csv', 'tsv', 'tab'],
    load: async () => await import('./csv.ts'),
  },
  {
    name: 'JSON',
    mediaTypes: ['application/json', 'application/x-ndjson', 'application/ld+json'],
    extensions: ['json', 'jsonl', 'ndjson', 'geojson', 'ipynb'],
    load: async () => await import('./json.ts'),
  },
  {
    name: 'Plain text',
    mediaTypes: ['text/plain'],
    extensions: ['txt', 'text', 'log'],
    load: async () => await import('./plain-text.ts'),
  },
  {
    name: 'Source code',
    mediaTypes: [...Object.keys(languages), 'text/xml'],
    extensions: Object.values(languages).flat(),
    load: async () => await import('./source-code.ts'),
  },
  picture,
];

/** Legacy Office files are known only to be refused with advice. */
const byMediaType = new Map(
  [...formats, oleStorage].flatMap((format) => format.mediaTypes.map((type) => [type, format] as const)),
);

/** The format of a media type without parameters, or undefined. */
export function formatOf(mediaType: string): Format | undefined {
  return byMediaType.get(mediaType);
}

/** For a process that only compiles. */
export async function loadParsers(): Promise<void> {
  await Promise.all([...formats, oleStorage].map(async (format) => await format.load()));
}
