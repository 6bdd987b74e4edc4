import { AppError } from '../errors.ts';

/** What every store says of an original that is not there or cannot be read. */
export function originalMissing(cause: unknown): AppError {
  return new AppError(
    'original_missing',
    'The original of this document is missing or cannot be read on this server: upload the file again.',
    { cause },
  );
}
