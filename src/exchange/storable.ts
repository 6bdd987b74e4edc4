/** A JSON value without what PostgreSQL keeps in no text: NUL, and halves of surrogate pairs. */
export function storable(value: unknown): unknown {
  if (typeof value === 'string') return withoutNul(value);
  if (Array.isArray(value)) return value.map(storable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [withoutNul(name), storable(part)]));
}

export function withoutNul(text: string): string {
  return text.replaceAll('\0', '').toWellFormed();
}
