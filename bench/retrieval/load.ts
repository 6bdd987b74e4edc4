import type { AlcoveLoader } from '../load/alcove.ts';
import type { BulkConversation, Peer } from '../peers/peer.ts';

export interface LoadCost {
  name: string;
  about: string;
  chunks: number;
  addMs: number;
  finishMs: number;
  diskBytes: number;
}

interface Store {
  name: string;
  about: string;
  holdsMeasuredOnly?: boolean;
  add(conversation: BulkConversation): Promise<void>;
  finish(): Promise<void>;
  /** What the store does with new rows later, which is not counted as loading and takes room all the same. */
  settled?(): Promise<void>;
  diskBytes(): Promise<number>;
}

export interface Loaded {
  costs: LoadCost[];
  /** The conversations that are asked questions, with their documents. */
  measured: BulkConversation[];
}

/** Gives every conversation to every store, one after the other, so that nothing has to be kept. */
export async function loadAll(
  conversations: Iterable<BulkConversation>,
  alcove: AlcoveLoader,
  peers: readonly Peer[],
): Promise<Loaded> {
  const own: Store = { ...alcove, name: 'Alcove', about: 'rows, vectors and both index segments, by COPY' };
  const stores: Store[] = [own, ...peers];
  const costs = stores.map(({ name, about }): LoadCost => ({
    name,
    about,
    chunks: 0,
    addMs: 0,
    finishMs: 0,
    diskBytes: 0,
  }));
  const measured: BulkConversation[] = [];
  for (const conversation of conversations) {
    if (conversation.measured) measured.push(conversation);
    for (const [at, store] of stores.entries()) {
      if (store.holdsMeasuredOnly === true && !conversation.measured) continue;
      const started = performance.now();
      await store.add(conversation);
      costs[at]!.addMs += performance.now() - started;
      costs[at]!.chunks += conversation.size;
    }
  }
  for (const [at, store] of stores.entries()) {
    const started = performance.now();
    await store.finish();
    costs[at]!.finishMs = performance.now() - started;
    await store.settled?.();
    costs[at]!.diskBytes = await store.diskBytes();
    console.log(
      `  ${store.name}: loaded in ${Math.round((costs[at]!.addMs + costs[at]!.finishMs) / 1000)} s`,
    );
  }
  return { costs, measured };
}
