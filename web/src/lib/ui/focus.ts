import { tick } from 'svelte';

/** Where the focus goes when what had it in the chat is gone or has been used. */
export function focusChat(): void {
  // A keyboard that covers half of a small screen should come only when asked for.
  const composer = matchMedia('(pointer: fine)').matches ? document.getElementById('composer') : null;
  (composer ?? document.getElementById('content'))?.focus({ preventScroll: true });
}

/**
 * Asked while a row of a list is still there: gives the focus, once the row is gone, to what can have it in the row
 * behind it, else in the one before it, else to the heading of the list. Whoever went on elsewhere stays there.
 */
export function focusBeside(row: Element): () => Promise<void> {
  const beside = [row.nextElementSibling, row.previousElementSibling];
  const region = row.closest('[aria-labelledby]');
  return async () => {
    await tick();
    if (!isLost()) return;
    const places = beside.map((one) =>
      one?.isConnected ? one.querySelector<HTMLElement>('button, a') : null,
    );
    const heading = document.getElementById(region?.getAttribute('aria-labelledby') ?? '');
    (places.find((place) => place !== null) ?? heading)?.focus();
  };
}

/** For what comes in the place of what had the focus: it has it then, unless somebody went on elsewhere. */
export function takeLostFocus(element: HTMLElement): void {
  if (isLost()) element.focus();
}

/** Gives the focus to the first button of a row whose own button is gone. */
export async function focusWithin(row: Element): Promise<void> {
  await tick();
  if (isLost()) row.querySelector<HTMLElement>('button')?.focus();
}

function isLost(): boolean {
  return document.activeElement === null || document.activeElement === document.body;
}
