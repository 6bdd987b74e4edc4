import type { BenchOptions } from '../options.ts';

export interface SizeClass {
  /** Chunks of one conversation. */
  size: number;
  conversations: number;
  /** How many of them are asked questions. */
  measured: number;
}

export interface Plan {
  dimensions: number;
  classes: SizeClass[];
}

const full: SizeClass[] = [
  { size: 50, conversations: 1840, measured: 10 },
  { size: 500, conversations: 140, measured: 8 },
  { size: 5000, conversations: 20, measured: 4 },
  { size: 50_000, conversations: 1, measured: 1 },
];
/** For long vectors, which take three times the room and the time. */
const smaller: SizeClass[] = [
  { size: 50, conversations: 200, measured: 10 },
  { size: 500, conversations: 16, measured: 6 },
  { size: 5000, conversations: 3, measured: 2 },
  { size: 50_000, conversations: 1, measured: 1 },
];
const quick: SizeClass[] = [
  { size: 50, conversations: 200, measured: 6 },
  { size: 500, conversations: 16, measured: 4 },
  { size: 5000, conversations: 3, measured: 2 },
];

export function planOf(options: BenchOptions): Plan {
  const dimensions = options.number('dimensions', 384);
  return { dimensions, classes: options.quick ? quick : dimensions > 512 ? smaller : full };
}

export function totalOf({ classes }: Plan): { conversations: number; chunks: number } {
  return {
    conversations: classes.reduce((sum, one) => sum + one.conversations, 0),
    chunks: classes.reduce((sum, one) => sum + one.conversations * one.size, 0),
  };
}
