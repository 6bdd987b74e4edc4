/** More of a name that nobody knows is neither compared nor repeated. */
const maxLength = 60;
const maxListed = 20;

/** What to say of a name that is not known here: the nearest known one, or all of them where none is near. */
export function unknownName(name: string, known: readonly string[]): string {
  const shown = JSON.stringify(name.slice(0, maxLength));
  if (known.length === 0) return `${shown} is not known: nothing is taken here`;
  const nearest = known.toSorted((a, b) => distance(name, a) - distance(name, b))[0] ?? '';
  const allowed = nearest.length < 4 ? 1 : Math.max(2, Math.floor(nearest.length / 3));
  const isNear = distance(name, nearest) <= allowed;
  if (isNear) return `${shown} is not known: did you mean "${nearest}"?`;
  return `${shown} is not known: known are ${known.slice(0, maxListed).join(', ')}`;
}

/** Levenshtein distance, blind to case and separators: `topK` is `top_k`. */
export function distance(a: string, b: string): number {
  const left = plain(a);
  const right = plain(b);
  let row = Array.from({ length: right.length + 1 }, (_, at) => at);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}

function plain(name: string): string {
  return name.slice(0, maxLength).toLowerCase().replaceAll(/[_-]/g, '');
}
