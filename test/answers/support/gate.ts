/** Something that a test holds closed until it has seen what it waits for. */
export interface Gate {
  opened: Promise<void>;
  open(): void;
}

export function closedGate(): Gate {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}
