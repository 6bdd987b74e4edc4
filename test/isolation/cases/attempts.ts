import type { World } from '../world.ts';

/** One request of B's, and what it must be answered with. */
export interface Attempt {
  path: string;
  status: number;
  body?: unknown;
  form?: FormData;
  /** Another token of B's. */
  token?: string;
  /** What is missing, where a route names several things: refusals about the same thing are the same. */
  about?: 'the message' | 'the documents' | 'the destination';
}

export type IsolationCase = (w: World) => Attempt[];

/** A conversation: 403 for somebody else’s, 404 for nobody’s. */
export function conversation(w: World, path: (id: string) => string, body?: unknown): Attempt[] {
  return [
    { path: path(w.a1), status: 403, body },
    { path: path(w.nothing), status: 404, body },
  ];
}

/** What is not a conversation: somebody else's and nobody's look the same. */
export function single(id: string, w: World, path: (id: string) => string, body?: unknown): Attempt[] {
  return [
    { path: path(id), status: 404, body },
    { path: path(w.nothing), status: 404, body },
  ];
}
