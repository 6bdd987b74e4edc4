import type { Place } from './view.ts';
import type { World } from './world.ts';

/** One way to look at something, and who owns it. */
export interface Look {
  /** The route, or the tool: what else is looked at in the same way has the same name. */
  kind: string;
  method: 'GET' | 'POST';
  path: string;
  body?: unknown;
  headers?: Record<string, string>;
  place: Place;
  /** Null: each reader has one of their own. */
  owner: string | null;
  /** The conversation that it is in, for keys that are limited to one. */
  conversationId: string | null;
  isThere: boolean;
  /** Words that its owner must see. */
  complete?: readonly string[];
  /** Whose words they are, where everybody looks for them. */
  finder?: string;
  /** A stream without an end is left after a while. */
  isEndless?: boolean;
}

/** What is dear to make is looked at in turns: once in so many times that everything is read. */
export const turns = { tool: 4, statistics: 4, account: 10, changes: 5, zip: 10, pdf: 40 };

export function isTurn({ sweeps }: World, every: number, at = 0): boolean {
  return (sweeps + at) % every === every - 1;
}

export function kindOf(path: string): string {
  return `GET ${path.split('?')[0]}`;
}
