import type { Random } from './seeded.ts';

export interface VectorSource {
  readonly dimensions: number;
  /** The centre of one document: near its topic's. */
  documentCentre(random: Random, topic: number): Float32Array;
  /** A unit vector near the centre of its document. */
  chunk(random: Random, centre: Float32Array): Float32Array;
  /** A unit vector near a chunk, as a question is near its answer. */
  query(random: Random, chunk: Float32Array): Float32Array;
}

export const topicCount = 300;
/** Share of noise: cosines inside a document are about .7 and inside a topic about .5, as sentence encoders give. */
const spread = { document: 0.65, chunk: 0.65, query: 0.5 };

/** A mixture of Gaussians on the sphere: topics hold documents, documents hold chunks. */
export function createVectors(random: Random, dimensions: number): VectorSource {
  const topics = Array.from({ length: topicCount }, () => unit(noise(random, dimensions)));
  return {
    dimensions,
    documentCentre: (draw, topic) => near(draw, topics[topic % topicCount]!, spread.document),
    chunk: (draw, centre) => near(draw, centre, spread.chunk),
    query: (draw, chunk) => near(draw, chunk, spread.query),
  };
}

function near(random: Random, centre: Float32Array, share: number): Float32Array {
  const away = unit(noise(random, centre.length));
  const own = Math.sqrt(1 - share * share);
  for (let at = 0; at < away.length; at += 1) away[at] = own * centre[at]! + share * away[at]!;
  return unit(away);
}

function noise(random: Random, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions);
  for (let at = 0; at < dimensions; at += 1) vector[at] = random.normal();
  return vector;
}

function unit(vector: Float32Array): Float32Array {
  let squares = 0;
  for (const value of vector) squares += value * value;
  const factor = 1 / Math.sqrt(squares);
  for (let at = 0; at < vector.length; at += 1) vector[at]! *= factor;
  return vector;
}
