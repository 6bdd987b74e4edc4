import type { Place } from './locate.ts';
import type { PageText } from './page-text.ts';

/** An original that is shown page by page. Pages are counted from 1; sizes are in pixels at scale 1. */
export interface Pages {
  count: number;
  sizeOf(page: number): Promise<Size>;
  /** A page and its text over it, transparent, to be put into an element of its size; null when `signal` ends before. */
  draw(page: number, within: HTMLElement, scale: number, signal: AbortSignal): Promise<Drawn | null>;
  linksOf(page: number, scale: number): Promise<Link[]>;
  /** The pieces of a page's text that `draw` lays over it. */
  textOf(page: number): Promise<string[]>;
  /** The page in small. */
  thumbnailOf(page: number, width: number): Promise<HTMLElement>;
}

export interface Size {
  width: number;
  height: number;
}

export interface Drawn {
  /** From the lowest. */
  elements: readonly HTMLElement[];
  text: PageText;
  /** Of a place in its text: one for each piece of a line, in pixels of the page's element. */
  rectanglesOf(place: Place): DOMRect[];
}

/** To another page, or to an address. */
export interface Link {
  rectangle: DOMRect;
  page: number | null;
  url: string | null;
}
