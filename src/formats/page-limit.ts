import { AppError } from '../errors.ts';

/** The refusal of a document with more pages, slides or sheets than are read. */
export function tooManyPages(what: string, count: number, maxPages: number): AppError {
  return new AppError(
    'document_too_complex',
    `The ${what} has ${count} pages, more than the ${maxPages} that are read. Split it and upload the parts.`,
  );
}
