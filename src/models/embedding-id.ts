/**
 * What a document records of the model of its vectors: the provider's name, and the length where one is asked for,
 * as in `text-embedding-3-small@512`. Vectors of two ids are never compared.
 */
export function embeddingId(name: string, dimensions: number | undefined): string {
  return dimensions === undefined ? name : `${name}@${dimensions}`;
}

export function readEmbeddingId(id: string): { name: string; dimensions: number | undefined } {
  const [, name, dimensions] = /^(.+)@(\d+)$/.exec(id) ?? [];
  return name === undefined ? { name: id, dimensions: undefined } : { name, dimensions: Number(dimensions) };
}
