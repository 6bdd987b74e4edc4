import type { Client, Document } from '@alcove/client';
import type { Pdf } from './pdf.ts';

/** Passages of one page of their list, and pages that are read: headings of a longer document look like paragraphs. */
const chunkPage = 200;
const mostPages = 5;

export interface Original {
  document: Document;
  pdf: Pdf | null;
  /** Address of a picture in this browser's memory. */
  image: string | null;
  /** Null while it is not read yet. */
  text: string | null;
  headings: ReadonlySet<string>;
  release(): void;
}

/** Everything that is needed to show a document: the original where it can be shown, and its text. @throws AlcoveError */
export async function openOriginal(alcove: Client, id: string): Promise<Original> {
  const document = await alcove.documents.get(id);
  const isPdf = document.media_type === 'application/pdf';
  const isImage = /^image\/(?:png|jpeg|gif|webp|avif)$/.test(document.media_type);
  const [text, headings, pdf, image] = await Promise.all([
    document.status === 'ready' ? alcove.documents.text(id).then((read) => read.text) : null,
    isPdf || document.status !== 'ready' ? new Set<string>() : headingsOf(alcove, id),
    isPdf ? openAsPdf(alcove, id) : null,
    isImage
      ? alcove.documents.content(id).then((blob) => URL.createObjectURL(retyped(blob, document)))
      : null,
  ]);
  const release = () => {
    void pdf?.loadingTask.destroy();
    if (image) URL.revokeObjectURL(image);
  };
  return { document, pdf, image, text, headings, release };
}

async function openAsPdf(alcove: Client, id: string): Promise<Pdf | null> {
  const [blob, { openPdf }] = await Promise.all([alcove.documents.content(id), import('./pdf.ts')]);
  try {
    return await openPdf(await blob.arrayBuffer());
  } catch (error) {
    // Its text was read all the same, by a more patient reader: that is shown.
    console.warn(error);
    return null;
  }
}

/** The server sends every original as plain bytes. */
function retyped(blob: Blob, document: Document): Blob {
  return new Blob([blob], { type: document.media_type });
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
