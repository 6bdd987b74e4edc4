/** Pause before the next try: doubles from `firstMs` to `mostMs`, with up to a quarter of jitter. */
export function backoffMs(attempts: number, firstMs: number, mostMs: number, random = Math.random()): number {
  const doubled = Math.min(mostMs, firstMs * 2 ** Math.min(30, Math.max(0, attempts - 1)));
  return Math.round(doubled * (1 - random / 4));
}
