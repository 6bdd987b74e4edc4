import { posix } from 'node:path';
import { AppError } from '../errors.ts';
import { DocumentBuilder } from './document-builder.ts';
import type { ExtractedDocument, ExtractionContext } from './format.ts';
import { decodeHtml } from './html.ts';
import { readHtml } from './html-reader.ts';
import { emptyDocument } from './text-blocks.ts';
import { attribute, readXml } from './xml.ts';
import { openZip, type Zip } from './zip.ts';

/** The chapters in the order of the spine. A book in EPUB has no pages. */
export async function extract(bytes: Uint8Array, context: ExtractionContext): Promise<ExtractedDocument> {
  const zip = openZip(bytes);
  const packagePath = readContainer(zip);
  const { title, chapters } = readPackage(zip, packagePath);
  const locked = readEncrypted(zip);
  const builder = new DocumentBuilder(context);
  builder.title = title;
  for (const [index, chapter] of chapters.entries()) {
    if (locked.has(chapter)) {
      throw new AppError(
        'document_encrypted',
        'The book is protected against copying. Upload an edition without copy protection.',
      );
    }
    const content = zip.read(chapter);
    if (content) readHtml(decodeHtml(content).text, builder);
    else builder.warn(`Chapter ${index + 1} is missing in the file.`);
    context.progress(index + 1, chapters.length);
  }
  if (builder.isEmpty) throw emptyDocument();
  return builder.build(null);
}

function readContainer(zip: Zip): string {
  const bytes = zip.read('META-INF/container.xml');
  let path: string | undefined;
  if (bytes) {
    readXml(bytes, {
      open(name, attributes) {
        if (name === 'rootfile') path ??= attribute(attributes, 'full-path');
      },
    });
  }
  if (path === undefined || !zip.has(path)) throw notABook();
  return path;
}

function readPackage(zip: Zip, path: string): { title: string | null; chapters: string[] } {
  const folder = posix.dirname(path);
  const items = new Map<string, string>();
  const spine: string[] = [];
  let title = '';
  let inTitle = false;
  readXml(zip.read(path) as Uint8Array, {
    open(name, attributes) {
      inTitle = name === 'title' && title === '';
      if (name === 'item') items.set(attribute(attributes, 'id') ?? '', attribute(attributes, 'href') ?? '');
      if (name === 'itemref') spine.push(attribute(attributes, 'idref') ?? '');
    },
    text(text) {
      if (inTitle) title += text;
    },
    close: () => (inTitle = false),
  });
  // The path only selects an entry of the archive; a name that leads out of it selects nothing.
  const chapters = spine
    .flatMap((id) => items.get(id) ?? [])
    .map((href) => posix.normalize(posix.join(folder, unescapePath(href))));
  return { title, chapters: [...new Set(chapters)] };
}

/** Entries under copy protection; obfuscated fonts are listed there too and do not matter. */
function readEncrypted(zip: Zip): Set<string> {
  const bytes = zip.read('META-INF/encryption.xml');
  const names = new Set<string>();
  if (!bytes) return names;
  readXml(bytes, {
    open(name, attributes) {
      const uri = name === 'CipherReference' ? attribute(attributes, 'URI') : undefined;
      if (uri !== undefined) names.add(unescapePath(uri));
    },
  });
  return names;
}

function unescapePath(href: string): string {
  const path = href.split('#')[0] ?? '';
  try {
    return decodeURIComponent(path);
  } catch {
    // A stray per cent sign: the name is meant as it stands.
    return path;
  }
}

function notABook(): AppError {
  return new AppError(
    'document_malformed',
    'The book has no table of its parts and cannot be read. Convert it anew and upload the result.',
  );
}
