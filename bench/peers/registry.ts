import { chroma } from './chroma.ts';
import { lancedb } from './lancedb.ts';
import { langchain, langchainIndexed } from './langchain.ts';
import type { PeerKind } from './peer.ts';
import { pgvectorBest, pgvectorUsual } from './pgvector.ts';
import { sqliteVec } from './sqlite-vec.ts';

/** Everything that Alcove is measured beside. */
export const peerKinds: PeerKind[] = [
  pgvectorUsual,
  pgvectorBest,
  sqliteVec,
  lancedb,
  chroma,
  langchainIndexed,
  langchain,
];
