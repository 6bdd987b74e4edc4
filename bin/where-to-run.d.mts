export interface Here {
  /** As in `process.platform`. */
  platform: string;
  /** As in `process.versions.node`. */
  version: string;
  /** The Node that Alcove brings along. */
  ownNode: string | null;
}

/** In this process (`node: null`), in another Node, or not at all. */
export function whereToRun(here: Here): { node: string | null } | { refusal: string };

/** `from`: a file of Alcove. */
export function findOwnNode(from: string): string | null;
