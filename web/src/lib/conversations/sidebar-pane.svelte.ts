import { tick } from 'svelte';

const widthKey = 'alcove-sidebar-width';
const closedKey = 'alcove-sidebar-closed';
const usualWidth = 264;
export const [narrowestSidebar, widestSidebar] = [240, 400];

/** The pane of the conversations where there is room for one: how wide it is and whether it is there, in this browser. */
export class SidebarPane {
  isShown = $state(localStorage.getItem(closedKey) === null);
  width = $state(within(Number(localStorage.getItem(widthKey)) || usualWidth));

  resize(width: number): void {
    this.width = within(width);
    localStorage.setItem(widthKey, String(this.width));
  }

  /** The focus goes to the button that takes it back. */
  async setShown(isShown: boolean): Promise<void> {
    this.isShown = isShown;
    if (isShown) localStorage.removeItem(closedKey);
    else localStorage.setItem(closedKey, '1');
    await tick();
    document.querySelector<HTMLElement>(isShown ? '[data-hide-sidebar]' : '[data-show-sidebar]')?.focus();
  }
}

function within(width: number): number {
  return Math.round(Math.min(widestSidebar, Math.max(narrowestSidebar, width)));
}
