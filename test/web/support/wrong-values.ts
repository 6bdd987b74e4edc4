import { z } from 'zod';

const wrong: readonly unknown[] = [
  undefined,
  null,
  '',
  'x',
  'x'.repeat(200_000),
  -1e15,
  -1,
  0,
  0.5,
  1e15,
  true,
  [],
  Array.from({ length: 5_000 }, () => 'x'),
  {},
];

/** What these schemas, and all that is inside them, say of values that are none of theirs. Unknown names are told elsewhere. */
export function messagesOf(schemas: Iterable<unknown>): Set<string> {
  const messages = new Set<string>();
  const seen = new Set<unknown>();
  const visit = (part: unknown): void => {
    if (typeof part !== 'object' || part === null || seen.has(part)) return;
    seen.add(part);
    // It is given what went through the schema before it.
    if (part instanceof z.ZodTransform) return;
    if (part instanceof z.ZodType) {
      for (const value of wrong)
        for (const { code, message } of part.safeParse(value).error?.issues ?? [])
          if (code !== 'unrecognized_keys') messages.add(message);
      // A check of another schema's value is no schema of its own.
      const { checks: _checks, ...inner } = part.def as unknown as Record<string, unknown>;
      Object.values(inner).forEach(visit);
    } else if (Array.isArray(part) || Object.getPrototypeOf(part) === Object.prototype) {
      Object.values(part).forEach(visit);
    }
  };
  for (const schema of schemas) visit(schema);
  return messages;
}
