// Items come from other products and from anybody: a field is what it should be, or it is not there.

export function recordOf(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

export function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

export function recordsOf(value: unknown): Record<string, unknown>[] {
  return listOf(value)
    .map(recordOf)
    .filter((one) => one !== null);
}

/** Without what PostgreSQL cannot keep. */
export function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value.toWellFormed().replaceAll('\0', '') : null;
}

/**
 * The begin of a text, on one line and in so many characters at most. What is longer is never gone through as a whole: a
 * file may name one title a million times.
 */
export function lineOf(value: unknown, characters: number): string | null {
  const begin = textOf(typeof value === 'string' ? value.slice(0, 8 * characters) : value);
  if (begin === null) return null;
  return Array.from(begin.replace(/\s+/g, ' ').trim()).slice(0, characters).join('');
}

/** ISO text, seconds or milliseconds since 1970. */
export function timeOf(value: unknown): Date | null {
  if (typeof value === 'string') return valid(new Date(value));
  if (typeof value !== 'number' || !Number.isFinite(value)) return null;
  return valid(new Date(value > 1e11 ? value : value * 1000));
}

function valid(date: Date): Date | null {
  const year = date.getUTCFullYear();
  return Number.isNaN(year) || year < 1970 || year > 9999 ? null : date;
}

const maxTitle = 500;

export function titleOf(value: unknown, fallback: string): string {
  return lineOf(value, maxTitle) || fallback;
}
