import { maskCode } from '../markdown/citation-token.ts';

const marker = /\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\](?![(:])/g;

/**
 * Writes the markers of an answer anew, `[3, 7]` as `[1][2]`: its sources are counted in the order in which it names them.
 * Numbers that are none of `cited`, and what stands in code, stay as they are.
 * @param write one marker: `at` counts from 1
 */
export function resolveMarkers(
  text: string,
  cited: ReadonlySet<number>,
  write: (at: number, n: number) => string,
): { text: string; order: number[] } {
  const order: number[] = [];
  const masked = maskCode(text);
  let resolved = '';
  let end = 0;
  for (const match of masked.matchAll(marker)) {
    const numbers = (match[1] ?? '').split(',').map(Number);
    if (!numbers.every((n) => cited.has(n))) continue;
    resolved += text.slice(end, match.index);
    for (const n of numbers) {
      if (!order.includes(n)) order.push(n);
      resolved += write(order.indexOf(n) + 1, n);
    }
    end = match.index + match[0].length;
  }
  return { text: resolved + text.slice(end), order };
}
