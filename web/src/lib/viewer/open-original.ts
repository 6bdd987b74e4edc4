import type { Client, Document, DocumentText } from '@alcove/client';
import { nameInSentence } from '../show-name.ts';
import { viewer } from '../text/viewer.ts';
import type { Pages } from './pages.ts';
import { findWords } from './recognised-words.ts';

/** Passages of one page of their list, and pages that are read: headings of a longer document look like paragraphs. */
const chunkPage = 200;
const mostPages = 5;

export interface Original {
  document: Document;
  /** Null where it cannot be shown page by page. */
  pages: Pages | null;
  /** Null while it is not read yet. */
  text: string | null;
  /** Null for a document that was read before they were kept: its headings are guessed. */
  blocks: DocumentText['blocks'];
  headings: ReadonlySet<string>;
  release(): void;
}

/** Everything that is needed to show a document: the original where it can be shown, and its text. @throws AlcoveError */
export async function openOriginal(alcove: Client, id: string): Promise<Original> {
  const document = await alcove.documents.get(id);
  const isImage = /^image\/(?:png|jpeg|gif|webp|avif)$/.test(document.media_type);
  const isPaged = isImage || document.media_type === 'application/pdf';
  const [read, opened] = await Promise.all([
    document.status === 'ready' ? alcove.documents.text(id) : null,
    isPaged ? openPages(alcove, document, isImage) : null,
  ]);
  const mustGuess = read !== null && read.blocks === null && !isPaged;
  return {
    document,
    pages: opened?.pages ?? null,
    text: read?.text ?? null,
    blocks: read?.blocks ?? null,
    headings: mustGuess ? await headingsOf(alcove, id) : new Set<string>(),
    release: () => opened?.release(),
  };
}

interface Opened {
  pages: Pages;
  release(): void;
}

async function openPages(alcove: Client, document: Document, isImage: boolean): Promise<Opened | null> {
  const blob = await alcove.documents.content(document.id);
  try {
    return await (isImage ? openPicture(alcove, document, blob) : openAsPdf(alcove, document, blob));
  } catch (error) {
    // Its text was read all the same, by a more patient reader: that is shown.
    console.warn(error);
    return null;
  }
}

async function openPicture(alcove: Client, document: Document, blob: Blob): Promise<Opened> {
  // The server sends every original as plain bytes.
  const address = URL.createObjectURL(new Blob([blob], { type: document.media_type }));
  const release = () => URL.revokeObjectURL(address);
  try {
    const { picturePages } = await import('./picture-pages.ts');
    const alt = viewer.image(nameInSentence(document.name));
    return { pages: await picturePages(address, alt, findWords(alcove, document)), release };
  } catch (error) {
    release();
    throw error;
  }
}

async function openAsPdf(alcove: Client, document: Document, blob: Blob): Promise<Opened> {
  const [{ openPdf }, { pdfPages }] = await Promise.all([import('./pdf.ts'), import('./pdf-pages.ts')]);
  const pdf = await openPdf(await blob.arrayBuffer());
  return {
    pages: pdfPages(pdf, findWords(alcove, document)),
    release: () => void pdf.loadingTask.destroy(),
  };
}

async function headingsOf(alcove: Client, id: string): Promise<Set<string>> {
  const headings = new Set<string>();
  let cursor: string | null | undefined;
  for (let page = 0; page < mostPages && cursor !== null; page += 1) {
    const list = await alcove.documents.chunks(id, { limit: chunkPage, ...(cursor ? { cursor } : {}) });
    for (const chunk of list.chunks) for (const heading of chunk.heading) headings.add(heading);
    cursor = list.next_cursor;
  }
  return headings;
}
