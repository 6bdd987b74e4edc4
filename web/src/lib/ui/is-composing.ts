/** Whether a key is an input method's. Safari ends the composition before the Enter that chose its word: 229 tells. */
export function isComposing({ isComposing: is, keyCode }: KeyboardEvent): boolean {
  return is || keyCode === 229;
}
