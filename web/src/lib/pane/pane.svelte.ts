import type { Document } from '@alcove/client';
import { createContext } from 'svelte';
import type { OpenCitation } from '../answers/citation-place.ts';

export const [usePane, providePane] = createContext<Pane>();

export type PaneTab = 'documents' | 'passages' | 'original' | 'why';
export const paneTabs: readonly PaneTab[] = ['documents', 'passages', 'original', 'why'];

/** What of a document is looked at. */
export interface Viewed {
  documentId: string;
  name: string;
  page: number | null;
  /** A passage to mark that no answer cites, such as one that was searched for. */
  passage?: { char_start: number; char_end: number; page: number | null };
}

const widthKey = 'alcove-pane-width';
const closedKey = 'alcove-pane-closed';
const overKey = 'alcove-pane-over';
/** Three panes have room. */
export const wideScreen = '(min-width: 75rem)';
/** Two have: a phone remembers nothing, there a pane covers what one came for. */
const betweenScreens = '(min-width: 50rem) and (max-width: 74.99rem)';
const usualWidth = 420;
export const narrowestPane = 320;

/** The pane beside the chat: the documents, the passages of an answer, an original, and how an answer came about. */
export class Pane {
  tab = $state<PaneTab>('documents');
  citation = $state.raw<OpenCitation | null>(null);
  viewed = $state.raw<Viewed | null>(null);
  /** The answer whose making is looked at. */
  whyOf = $state<string | null>(null);
  /** Wide screens: whether the pane is there at all. */
  isShown = $state(localStorage.getItem(closedKey) === null);
  /** Narrower screens: whether it takes its room from the chat or lies over it. */
  isOver = $state(isBetween() && localStorage.getItem(overKey) !== null);
  width = $state(Number(localStorage.getItem(widthKey)) || usualWidth);
  /** Where the focus goes when what was opened is closed. */
  #opener: HTMLElement | null = null;

  show(tab: PaneTab): void {
    this.#remember();
    this.tab = tab;
    this.#setOver(true);
    if (isWide()) this.#setShown(true);
  }

  openCitation(citation: OpenCitation): void {
    this.citation = citation;
    const { document_id: documentId, document_name: name, page } = citation.source;
    this.viewed = { documentId, name, page };
    this.show('original');
  }

  openDocument(document: Pick<Document, 'id' | 'name'>): void {
    this.citation = null;
    this.viewed = { documentId: document.id, name: document.name, page: null };
    this.show('original');
  }

  openPassage(viewed: Viewed): void {
    this.citation = null;
    this.viewed = viewed;
    this.show('original');
  }

  openWhy(messageId: string): void {
    this.whyOf = messageId;
    this.show('why');
  }

  /** The citation before (-1) or behind (1) the open one, in the order of the answer. */
  walk(step: -1 | 1): void {
    const { citation, answer } = this.citation ?? {};
    if (!citation || !answer) return;
    const next = answer.citations[answer.citations.indexOf(citation) + step];
    const source = answer.sources.find(({ n }) => n === next?.n);
    if (next && source) this.openCitation({ source, citation: next, answer });
  }

  /** On wide screens. */
  toggle(): void {
    this.#setShown(!this.isShown);
  }

  close(): void {
    this.#setOver(false);
    this.citation = null;
    if (this.tab === 'original') this.tab = 'documents';
    // The reader may have scrolled on meanwhile.
    if (this.#opener?.isConnected) this.#opener.focus({ preventScroll: true });
    this.#opener = null;
  }

  /** Closes what is open and puts the pane away, on wide and on narrow screens. */
  hide(): void {
    this.close();
    if (isWide()) this.#setShown(false);
  }

  resize(width: number, most: number): void {
    this.width = Math.round(Math.min(Math.max(width, narrowestPane), most));
    localStorage.setItem(widthKey, String(this.width));
  }

  #remember(): void {
    const active = document.activeElement;
    if (active instanceof HTMLElement && active !== document.body && !active.closest('[data-pane]')) {
      this.#opener = active;
    }
  }

  #setOver(isOver: boolean): void {
    this.isOver = isOver;
    if (!isBetween()) return;
    if (isOver) localStorage.setItem(overKey, '1');
    else localStorage.removeItem(overKey);
  }

  #setShown(isShown: boolean): void {
    this.isShown = isShown;
    if (isShown) localStorage.removeItem(closedKey);
    else localStorage.setItem(closedKey, '1');
  }
}

function isWide(): boolean {
  return matchMedia(wideScreen).matches;
}

function isBetween(): boolean {
  return matchMedia(betweenScreens).matches;
}
