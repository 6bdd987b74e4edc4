/** What is wrong with the folder, a file or an option, in a sentence for the person who gave it. */
export class EvalError extends Error {
  override name = 'EvalError';
}
