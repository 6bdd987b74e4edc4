import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { AppError } from '../errors.ts';
import { InflatedAtOnce } from './inflated-at-once.ts';

type Pdfjs = typeof import('pdfjs-dist');
export type PdfDocument = Awaited<ReturnType<Pdfjs['getDocument']>['promise']>;

/**
 * Opens a PDF, also one that is encrypted with an empty user password.
 * @throws AppError `document_encrypted`, `document_malformed`
 */
export async function openPdf(bytes: Uint8Array): Promise<PdfDocument> {
  const { pdfjs, folder } = await loadPdfjs();
  const task = pdfjs.getDocument({
    // pdf.js takes the buffer over, so it gets a copy.
    data: new Uint8Array(bytes),
    verbosity: 0,
    cMapUrl: `${join(folder, 'cmaps')}/`,
    standardFontDataUrl: `${join(folder, 'standard_fonts')}/`,
    // Only text is wanted: no fonts for drawing, no image decoders.
    disableFontFace: true,
    useSystemFonts: false,
    useWasm: false,
    maxImageSize: 1,
  });
  try {
    return await task.promise;
  } catch (error) {
    throw toAppError(error);
  }
}

/** A problem that pdf.js reports while it reads, as one of ours. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof Error && error.name === 'PasswordException') {
    return new AppError(
      'document_encrypted',
      'The PDF is protected by a password. Remove the password and upload it again.',
    );
  }
  return new AppError(
    'document_malformed',
    'The PDF is damaged and cannot be read. Open it in a PDF reader, save it again and upload the new file.',
    { cause: error },
  );
}

/** pdf.js in this very thread: the sandbox around it is already a process that may be killed. */
export async function loadPdfjs(): Promise<{ pdfjs: Pdfjs; folder: string }> {
  const scope = globalThis as Record<string, unknown>;
  // pdf.js constructs these while it loads, and uses them only to draw.
  for (const name of ['DOMMatrix', 'ImageData', 'Path2D']) scope[name] ??= function Undrawn() {};
  scope['DecompressionStream'] = InflatedAtOnce;
  scope['pdfjsWorker'] ??= await import(legacyWorker);
  const pdfjs = await import('pdfjs-dist/legacy/build/pdf.mjs');
  const folder = dirname(createRequire(import.meta.url).resolve('pdfjs-dist/package.json'));
  return { pdfjs, folder };
}

// Has no type declarations: the name in a variable keeps the compiler from looking for them.
const legacyWorker: string = 'pdfjs-dist/legacy/build/pdf.worker.mjs';
