import { createRandom, type Random } from './seeded.ts';
import { createTexts } from './texts.ts';
import { createVectors, topicCount } from './vectors.ts';

export interface MadeChunk {
  text: string;
  /** Of the document's text. */
  start: number;
  end: number;
  vector: Float32Array;
}

export interface MadeDocument {
  name: string;
  topic: number;
  text: string;
  chunks: MadeChunk[];
  /** The same object for documents that share their text and differ in their vectors alone. */
  textIdentity: object;
}

export interface MadeQuery {
  text: string;
  vector: Float32Array;
}

export interface Collection {
  readonly dimensions: number;
  document(chunkCount: number): MadeDocument;
  /** As many documents as people put into a conversation of this size. */
  conversation(chunkCount: number): MadeDocument[];
  /** The same with texts that other conversations have too: for those that only fill the store. */
  filler(chunkCount: number): MadeDocument[];
  /** A question about one of the documents, with a text that no other query has. */
  query(documents: readonly MadeDocument[]): MadeQuery;
}

/** Words of a chunk: about 200 tokens. */
const wordsPerChunk = 150;
/** Texts that fillers share, for each size of document. */
const sharedTexts = 40;
const chunksPerDocument = (size: number): number =>
  size <= 100 ? 50 : size <= 1000 ? 125 : size <= 10_000 ? 250 : 500;

/** Synthetic documents with texts and vectors, the same for the same seed. */
export function createCollection(seed: number, dimensions: number): Collection {
  const random: Random = createRandom(seed);
  const texts = createTexts(seed);
  const vectors = createVectors(random, dimensions);
  let made = 0;
  let asked = 0;

  function document(chunkCount: number): MadeDocument {
    const topic = random.below(topicCount);
    const centre = vectors.documentCentre(random, topic);
    const chunks: MadeChunk[] = [];
    const parts: string[] = [];
    let start = 0;
    for (let at = 0; at < chunkCount; at += 1) {
      const text = texts.passage(random, topic, wordsPerChunk);
      chunks.push({ text, start, end: start + text.length, vector: vectors.chunk(random, centre) });
      parts.push(text);
      start += text.length + 2;
    }
    made += 1;
    return { name: `Report ${made}.txt`, topic, text: parts.join('\n\n'), chunks, textIdentity: {} };
  }

  const shared = new Map<number, MadeDocument[]>();

  function sharing(chunkCount: number): MadeDocument {
    const pool = shared.get(chunkCount) ?? [];
    shared.set(chunkCount, pool);
    if (pool.length < sharedTexts) {
      const fresh = document(chunkCount);
      pool.push(fresh);
      return fresh;
    }
    const like = pool[random.below(sharedTexts)]!;
    const centre = vectors.documentCentre(random, like.topic);
    return {
      ...like,
      chunks: like.chunks.map((chunk) => ({ ...chunk, vector: vectors.chunk(random, centre) })),
    };
  }

  function divide(chunkCount: number, make: (size: number) => MadeDocument): MadeDocument[] {
    const size = Math.min(chunkCount, chunksPerDocument(chunkCount));
    return Array.from({ length: Math.ceil(chunkCount / size) }, (_, at) =>
      make(Math.min(size, chunkCount - at * size)),
    );
  }

  return {
    dimensions,
    document,
    conversation: (chunkCount) => divide(chunkCount, document),
    filler: (chunkCount) => divide(chunkCount, sharing),
    query(documents) {
      const about = documents[random.below(documents.length)]!;
      const chunk = about.chunks[random.below(about.chunks.length)]!;
      asked += 1;
      return {
        text: `${texts.question(random, about.topic, 7)} (${asked})`,
        vector: vectors.query(random, chunk.vector),
      };
    },
  };
}
