import { newId } from '../../src/db/ids.ts';
import type { Collection } from '../synthetic/collection.ts';
import { createRandom } from '../synthetic/seeded.ts';
import type { BulkConversation } from '../peers/peer.ts';
import type { Plan } from './plan.ts';

/** Every conversation of the plan, the sizes mixed as they come in life; only the measured ones are kept by the caller. */
export function* makeConversations(
  plan: Plan,
  collection: Collection,
  seed: number,
): Generator<BulkConversation> {
  const order = plan.classes.flatMap(({ size, conversations, measured }) =>
    Array.from({ length: conversations }, (_, at) => ({ size, measured: at < measured })),
  );
  shuffle(order, seed);
  let first = 0;
  for (const [place, { size, measured }] of order.entries()) {
    const documents = measured ? collection.conversation(size) : collection.filler(size);
    yield { id: newId(), place, documents, first, size, measured };
    first += size;
  }
}

function shuffle(items: unknown[], seed: number): void {
  const random = createRandom(seed);
  for (let at = items.length - 1; at > 0; at -= 1) {
    const other = random.below(at + 1);
    [items[at], items[other]] = [items[other], items[at]];
  }
}
