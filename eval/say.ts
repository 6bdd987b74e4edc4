/** Progress for the person who waits; results go to the standard output alone. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

const tickMs = 5_000;

/** Says how far things are, now and then. */
export function startTicker(tell: () => void): { stop(): void } {
  const timer = setInterval(tell, tickMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
