/** Whether a key belongs to what has the focus: a field, a dialog, or an input method that composes. */
export function isTyping({ isComposing, target }: KeyboardEvent): boolean {
  const takers = 'input, textarea, select, dialog, [contenteditable]';
  return isComposing || (target instanceof Element && target.closest(takers) !== null);
}
