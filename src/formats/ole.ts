import { AppError } from '../errors.ts';
import type { ExtractedDocument } from './format.ts';

/** The container of Office before 2007; an encrypted DOCX, PPTX or XLSX is wrapped in one too. */
export async function extract(bytes: Uint8Array): Promise<ExtractedDocument> {
  // The names of the streams stand in the container in UTF-16.
  const encrypted = Buffer.from(bytes).includes(Buffer.from('EncryptedPackage', 'utf16le'));
  if (encrypted) {
    throw new AppError(
      'document_encrypted',
      'The document is protected by a password. Remove the password and upload it again.',
    );
  }
  throw new AppError(
    'unsupported_media_type',
    'Files of Office 97 to 2003 (.doc, .xls, .ppt) are not supported. Save it as .docx, .xlsx, .pptx or PDF and upload that.',
  );
}
