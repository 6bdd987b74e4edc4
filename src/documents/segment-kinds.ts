export const keywordKind = 'keyword';
/** What the parts of the text are; made with the passages, and gone with them. */
export const blocksKind = 'blocks';
/** What a model has suggested to ask of the document. */
export const questionsKind = 'questions';
/** Not a segment: the passages themselves, with every index over them. */
export const passagesKind = 'passages';

const words = 'words:';

export function vectorKind(model: string): string {
  return `vector:${model}`;
}

/** Where the recognised words of a page stand. */
export function wordsKind(page: number): string {
  return `${words}${page}`;
}

/** Which work makes a segment of this kind anew; null for questions, which are suggested when somebody looks. */
export function makerOf(kind: string): string | null {
  if (kind === questionsKind) return null;
  return kind === blocksKind || kind.startsWith(words) ? passagesKind : kind;
}
