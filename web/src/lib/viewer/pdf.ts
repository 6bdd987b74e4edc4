import * as pdfjs from 'pdfjs-dist';
// oxlint-disable-next-line import/default -- Vite makes a module of an address, with the address as its default
import workerUrl from 'pdfjs-dist/build/pdf.worker.min.mjs?url';
import { assetFolder } from 'virtual:pdf-assets';

export type Pdf = pdfjs.PDFDocumentProxy;
export type PdfPage = pdfjs.PDFPageProxy;
export const { TextLayer } = pdfjs;

/** Named by the content security policy; it lets the one worker through. */
const policy = window.trustedTypes?.createPolicy('alcove-worker', {
  createScriptURL(url) {
    if (url !== workerUrl) throw new TypeError('There is one worker only.');
    return url;
  },
});

/** One worker for all documents of this page. */
let worker: pdfjs.PDFWorker | undefined;

/** Opens a document. Nothing in it runs, and nothing is fetched but fonts and tables of this server. */
export async function openPdf(bytes: ArrayBuffer): Promise<Pdf> {
  worker ??= pdfjs.PDFWorker.create({ port: startWorker() });
  const folder = new URL(assetFolder, location.origin).href;
  return pdfjs.getDocument({
    data: bytes,
    worker,
    cMapUrl: `${folder}cmaps/`,
    standardFontDataUrl: `${folder}standard_fonts/`,
    wasmUrl: `${folder}wasm/`,
    iccUrl: `${folder}iccs/`,
    useWorkerFetch: true,
    enableXfa: false,
  }).promise;
}

function startWorker(): Worker {
  // TypeScript knows no TrustedScriptURL here; browsers without trusted types get the plain address.
  const url = (policy?.createScriptURL(workerUrl) ?? workerUrl) as string;
  return new Worker(url, { type: 'module' });
}
