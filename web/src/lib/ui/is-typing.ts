import { isComposing } from './is-composing.ts';

/** Whether a key belongs to what has the focus: a field, a dialog, or an input method that composes. */
export function isTyping(event: KeyboardEvent): boolean {
  const { target } = event;
  const takers = 'input, textarea, select, dialog, [contenteditable]';
  return isComposing(event) || (target instanceof Element && target.closest(takers) !== null);
}
