import { z } from 'zod';

/**
 * How an operator describes keys that are not of a known form. `match` is a pattern of keys in which `*` stands for
 * anything and `{user}`, `{session}` for what names them; the rest are paths with dots into the value.
 */
const layout = z.strictObject({
  match: z.string().min(1).max(500),
  user: z.string().max(200).optional(),
  messages: z.string().max(200).optional(),
  title: z.string().max(200).optional(),
  role: z.string().max(200).optional(),
  content: z.string().max(200).optional(),
  time: z.string().max(200).optional(),
  roles: z.record(z.string(), z.enum(['user', 'assistant', 'system'])).optional(),
  newest_first: z.boolean().optional(),
  skip: z.boolean().optional(),
});
export const mapping = z.strictObject({ layouts: z.array(layout).max(1000) });
export type Mapping = z.infer<typeof mapping>;

/** What the mapping says of one key. */
export interface Layout {
  skip: boolean;
  user: string | undefined;
  /** What several keys have in common that hold a message each. */
  session: string | undefined;
  userPath: string | undefined;
  messagesPath: string | undefined;
  titlePath: string | undefined;
  message: {
    role?: string;
    content?: string;
    time?: string;
    roles?: Record<string, 'user' | 'assistant' | 'system'>;
  };
  newestFirst: boolean | undefined;
}

/** The first layout that a key matches, with the names taken out of the key; null for none. */
export function layoutFor({ layouts }: Mapping): (key: string) => Layout | null {
  const compiled = layouts.map((one) => ({ one, matches: compile(one.match) }));
  return (key) => {
    for (const { one, matches } of compiled) {
      const named = matches(key);
      if (named === null) continue;
      const { role, content, time, roles } = one;
      return {
        skip: one.skip ?? false,
        user: named['user'],
        session: named['session'],
        userPath: one.user,
        messagesPath: one.messages,
        titlePath: one.title,
        message: Object.fromEntries(
          Object.entries({ role, content, time, roles }).filter(([, value]) => value !== undefined),
        ),
        newestFirst: one.newest_first,
      };
    }
    return null;
  };
}

type Named = Record<string, string>;

/** Walks the literal pieces from left to right: no pattern of an operator's is worse than linear. */
function compile(pattern: string): (key: string) => Named | null {
  const pieces = pattern.split(/(\*|\{[a-z]+\})/);
  return (key) => {
    const named: Named = {};
    let from = 0;
    for (let at = 0; at < pieces.length; at += 2) {
      const text = pieces[at] ?? '';
      const wildcard = pieces[at - 1];
      const isLast = at === pieces.length - 1;
      const found = isLast && wildcard !== undefined ? lastPlace(key, text) : key.indexOf(text, from);
      if (found < from || (wildcard === undefined && found !== 0)) return null;
      if (wildcard !== undefined && wildcard !== '*') named[wildcard.slice(1, -1)] = key.slice(from, found);
      from = found + text.length;
    }
    return from === key.length ? named : null;
  };
}

function lastPlace(key: string, text: string): number {
  return key.endsWith(text) ? key.length - text.length : -1;
}
