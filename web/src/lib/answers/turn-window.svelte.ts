import { SvelteSet } from 'svelte/reactivity';

/** What a block is taken to measure until it was drawn once. */
const guessedPx = 900;
/** So far beyond the edges blocks are drawn: the Tab key and a turn of the wheel meet what is there. */
const aheadShare = '75%';

/** The first message in view, and how far below the upper edge it begins. */
export interface PlaceInChat {
  messageId: string;
  topPx: number;
}

/**
 * Which blocks of a chat are drawn: those near what is seen, and those that somebody is busy with. What is read keeps its
 * place when blocks above it turn out higher or lower than they were taken to be, and when the chat gets another width.
 */
export class TurnWindow {
  readonly #near = new SvelteSet<string>();
  /** The blocks that are there. */
  readonly #keys = new Map<Element, string>();
  readonly #heights = new Map<string, number>();
  /** Far away, and kept all the same: a selection or a field is in them. */
  readonly #kept = new Set<Element>();
  readonly #isAtEnd: () => boolean;
  #scroller: HTMLElement | null = null;
  #edges: IntersectionObserver | undefined;
  #sizes: ResizeObserver | undefined;
  #width = 0;
  #place: PlaceInChat | null = null;

  constructor(isAtEnd: () => boolean) {
    this.#isAtEnd = isAtEnd;
  }

  isNear(key: string): boolean {
    return this.#near.has(key);
  }

  heightOf(key: string): number {
    return this.#heights.get(key) ?? guessedPx;
  }

  draw(key: string): void {
    this.#near.add(key);
  }

  /** Attached to what scrolls. */
  scroller = (element: HTMLElement): (() => void) => {
    this.#scroller = element;
    this.#width = element.clientWidth;
    this.#edges = new IntersectionObserver((entries) => this.#noticeEdges(entries), {
      root: element,
      rootMargin: `${aheadShare} 0px`,
    });
    this.#sizes = new ResizeObserver((entries) => this.#noticeSizes(entries));
    this.#sizes.observe(element);
    // Blocks are attached before what is around them.
    for (const block of this.#keys.keys()) this.#watch(block);
    return () => {
      this.#edges?.disconnect();
      this.#sizes?.disconnect();
    };
  };

  /** Attached to a block. */
  block(key: string): (element: HTMLElement) => () => void {
    return (element) => {
      this.#keys.set(element, key);
      this.#watch(element);
      return () => {
        this.#edges?.unobserve(element);
        this.#sizes?.unobserve(element);
        this.#keys.delete(element);
        this.#kept.delete(element);
      };
    };
  }

  /** The reader has scrolled. @returns where they are now */
  notice(): PlaceInChat | null {
    for (const element of this.#kept) this.#letGo(element);
    this.#place = this.#findPlace();
    return this.#place;
  }

  /** Shows a place again. @returns false when its message is not drawn */
  goTo({ messageId, topPx }: PlaceInChat): boolean {
    const article = this.#scroller?.querySelector(`[data-message="${CSS.escape(messageId)}"]`);
    if (!this.#scroller || !article) return false;
    this.measure();
    this.#scroller.scrollTop += article.getBoundingClientRect().top - this.#top() - topPx;
    this.#place = { messageId, topPx };
    return true;
  }

  /** What has grown so far moves nothing any more: asked before the chat is scrolled to something. */
  measure(): void {
    for (const [element, key] of this.#keys) this.#heights.set(key, element.getBoundingClientRect().height);
  }

  #watch(block: Element): void {
    this.#edges?.observe(block);
    this.#sizes?.observe(block);
  }

  #noticeEdges(entries: readonly IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of entries) {
      const key = this.#keys.get(target);
      if (key === undefined) continue;
      if (!isIntersecting) this.#letGo(target);
      else {
        this.#near.add(key);
        this.#kept.delete(target);
      }
    }
  }

  #letGo(block: Element): void {
    const key = this.#keys.get(block);
    if (key === undefined || !this.#near.has(key)) return;
    if (isBusy(block)) {
      this.#kept.add(block);
      return;
    }
    this.#kept.delete(block);
    this.#heights.set(key, block.getBoundingClientRect().height);
    this.#near.delete(key);
  }

  #noticeSizes(entries: readonly ResizeObserverEntry[]): void {
    const scroller = this.#scroller;
    if (!scroller) return;
    const isOtherWidth = scroller.clientWidth !== this.#width;
    this.#width = scroller.clientWidth;
    const grown = this.#grownAbove(entries.map(({ target }) => target));
    if (this.#isAtEnd()) scroller.scrollTop = scroller.scrollHeight;
    else if (isOtherWidth && this.#place) this.goTo(this.#place);
    else if (grown !== 0) scroller.scrollTop += grown;
  }

  /** By how many pixels what stands above the upper edge has grown. */
  #grownAbove(elements: readonly Element[]): number {
    const top = this.#top();
    let grown = 0;
    const inOrder = elements
      .flatMap((element) => {
        const key = this.#keys.get(element);
        return key === undefined ? [] : [{ key, box: element.getBoundingClientRect() }];
      })
      .toSorted((a, b) => a.box.top - b.box.top);
    for (const { key, box } of inOrder) {
      const before = this.#heights.get(key);
      this.#heights.set(key, box.height);
      // Where it ended before anything of this grew.
      if (before !== undefined && box.top - grown + before <= top) grown += box.height - before;
    }
    return grown;
  }

  #findPlace(): PlaceInChat | null {
    const top = this.#top();
    for (const article of this.#scroller?.querySelectorAll<HTMLElement>('[data-message]') ?? []) {
      const box = article.getBoundingClientRect();
      const messageId = article.dataset.message ?? '';
      if (box.bottom > top && messageId !== '') return { messageId, topPx: box.top - top };
    }
    return null;
  }

  #top(): number {
    return this.#scroller?.getBoundingClientRect().top ?? 0;
  }
}

/** Somebody writes in it, has the focus in it, or has selected something of it. */
function isBusy(block: Element): boolean {
  if (block.contains(document.activeElement) || block.querySelector('form') !== null) return true;
  const selection = getSelection();
  return selection !== null && !selection.isCollapsed && selection.containsNode(block, true);
}
