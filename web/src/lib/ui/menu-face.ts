import type { Snippet } from 'svelte';

/** What the button of a menu looks like, before the menu is loaded and after. */
export interface MenuFace {
  class: string;
  /** Where its content does not say it. */
  label?: string;
  content: Snippet;
}
