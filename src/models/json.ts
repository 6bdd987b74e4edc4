/** The value of a JSON text, or undefined for a text that is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Said by the return value; every caller has a sentence for it.
    return undefined;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Many models put JSON into a block of code. */
export function withoutFence(reply: string): string {
  const lines = reply.trim().split('\n');
  const isFenced = lines.length > 2 && /^```(?:json)?$/.test(lines[0] ?? '') && lines.at(-1) === '```';
  return isFenced ? lines.slice(1, -1).join('\n') : reply;
}
