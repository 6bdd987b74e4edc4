import { AppError } from '../errors.ts';
import { OtherDimension } from '../indexing/vectors.ts';

/**
 * A search by a model that is not the one of the same name that has embedded the documents, as an error that the caller may
 * read. Everything else stays as it is.
 */
export function explainDimension(cause: unknown): unknown {
  if (!(cause instanceof OtherDimension)) return cause;
  const { ofQuery, ofDocument } = cause;
  const what = `Questions are embedded with ${ofQuery} dimensions, the documents were with ${ofDocument}`;
  return new AppError(
    'model_unavailable',
    `${what}: set EMBEDDING_MODEL back, or EMBEDDING_DIMENSIONS=${ofQuery}, and all are embedded again.`,
    { cause, plain: `${what}: the embedding model is not what it was.` },
  );
}
