import { quantiseVectors, openVectors } from '../../src/indexing/vectors.ts';
import { type LoadedVectors, VectorArena } from '../../src/indexing/vector-arena.ts';
import type { BulkConversation } from '../peers/peer.ts';

/** Numbers of the k nearest chunks by full precision: what recall is measured against. */
export function exactNearest(conversation: BulkConversation, query: Float32Array, k: number): number[] {
  const best: { score: number; number: number }[] = [];
  let number = conversation.first;
  for (const { chunks } of conversation.documents) {
    for (const { vector } of chunks) {
      let score = 0;
      for (let at = 0; at < query.length; at += 1) score += vector[at]! * query[at]!;
      if (best.length < k || score > best[k - 1]!.score) {
        best.push({ score, number });
        best.sort((a, b) => b.score - a.score);
        best.length = Math.min(best.length, k);
      }
      number += 1;
    }
  }
  return best.map((hit) => hit.number);
}

/** The limit: the same conversation scanned in memory with SIMD, without a database, a user or a text. */
export function openLimit(
  conversations: readonly BulkConversation[],
): (conversation: BulkConversation, query: Float32Array, k: number) => unknown {
  const arena = new VectorArena();
  const loaded = new Map<BulkConversation, LoadedVectors[]>();
  for (const conversation of conversations) {
    const segments = conversation.documents.map(({ chunks }) =>
      openVectors(quantiseVectors(chunks.map((chunk) => chunk.vector))),
    );
    loaded.set(
      conversation,
      segments.map((segment) => arena.load(segment)),
    );
  }
  return (conversation, query, k) => arena.scan(loaded.get(conversation) ?? [], query, k);
}
