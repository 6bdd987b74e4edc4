import { on } from 'svelte/events';
import type { Attachment } from 'svelte/attachments';

/**
 * Shows a dialog over the page for as long as it is there; the native element brings the focus trap and the inert background,
 * and gives the focus back when it is closed, but not when it is taken away. `onclose` is called once, and at once: the
 * element tells that it is closed a moment later, when the same dialog may have been opened again.
 */
export function overThePage(onclose: () => void): Attachment<HTMLDialogElement> {
  return (dialog) => {
    const opener = document.activeElement;
    let isClosed = false;
    const close = (event: Event) => {
      // Fields inside have events of these names, too.
      if (event.target !== dialog || isClosed) return;
      isClosed = true;
      event.preventDefault();
      onclose();
    };
    const listening = (['cancel', 'close', 'click'] as const).map((name) => on(dialog, name, close));
    dialog.showModal();
    return () => {
      for (const stop of listening) stop();
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  };
}
