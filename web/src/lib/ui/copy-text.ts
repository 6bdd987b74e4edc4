/**
 * Puts text into the clipboard. Browsers open that to pages on a secure address only; to the others an older way, which
 * copies what is marked beside the element that was pressed. @returns false when neither was let
 */
export async function copyText(text: string, pressed: Element): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Not there, or refused: the older way may be open all the same.
    return copyMarked(text, pressed);
  }
}

function copyMarked(text: string, pressed: Element): boolean {
  const field = document.createElement('textarea');
  field.className = 'sr-only';
  field.value = text;
  const active = document.activeElement;
  // Around an open dialog nothing can be marked.
  (pressed.closest('dialog') ?? document.body).append(field);
  field.select();
  try {
    return document.execCommand('copy');
  } finally {
    field.remove();
    if (active instanceof HTMLElement) active.focus({ preventScroll: true });
  }
}
