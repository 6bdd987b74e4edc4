import { z } from 'zod';

const path = z.string().min(1).max(200);

/** Where an own layout keeps what; names of fields may be paths such as `data.text`. */
const rule = z.strictObject({
  /** Of the key, with {user} and {session} for parts of it and * for anything: "chat:{user}:{session}". */
  pattern: z.string().min(1).max(500),
  /** The field that holds the messages; the value itself when left out. */
  messages: path.optional(),
  role: path.default('role'),
  content: path.default('content'),
  time: path.optional(),
  title: path.optional(),
  user: path.optional(),
  order: z.enum(['oldest-first', 'newest-first']).default('oldest-first'),
  /** Other words for who speaks. */
  roles: z.record(z.string(), z.enum(['user', 'assistant', 'system'])).default({}),
});
export const mappingFile = z.array(rule).max(100);
export type MappingRule = z.infer<typeof rule>;

export interface KeyParts {
  user: string | null;
  session: string | null;
}

/** The parts of a key that a rule names; null when the key is not of its pattern. Time is linear in the key. */
export function matchKey(key: string, pattern: string): KeyParts | null {
  const pieces = pattern.split(/(\{user\}|\{session\}|\*)/);
  const parts: KeyParts = { user: null, session: null };
  let at = 0;
  for (let index = 0; index < pieces.length; index += 2) {
    const fixed = pieces[index] ?? '';
    const name = pieces[index - 1];
    const isLast = index === pieces.length - 1;
    const found = isLast && name !== undefined ? key.length - fixed.length : key.indexOf(fixed, at);
    if (found < at || !key.startsWith(fixed, found) || (index === 0 && found !== 0)) return null;
    const between = key.slice(at, found);
    if (name !== undefined && name !== '*' && between === '') return null;
    if (name === '{user}') parts.user = between;
    if (name === '{session}') parts.session = between;
    at = found + fixed.length;
  }
  return at === key.length ? parts : null;
}

/** The value at a path of fields. */
export function valueAt(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((inner, name) => {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, name)) return undefined;
    return (inner as Record<string, unknown>)[name];
  }, value);
}
