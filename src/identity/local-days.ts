export interface LocalDays {
  /** `YYYY-MM-DD`, oldest first; the last is today. */
  days: string[];
  /** When each of them begins, and behind them when the last one ends. */
  bounds: Date[];
}

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
/** Every border between two days of a time zone of today falls on a quarter of an hour. */
const stepMs = 15 * minuteMs;
/** No time zone is further from UTC. */
const widestMs = 15 * 60 * minuteMs;

/** The last days in a time zone, whatever its clocks have done meanwhile. @throws RangeError for an unknown zone */
export function lastDays(timeZone: string, count: number, now: Date): LocalDays {
  const dateOf = localDate(timeZone);
  const today = dateOf(now);
  const days = Array.from({ length: count }, (_, at) => shift(today, at + 1 - count));
  const bounds = [...days, shift(today, 1)].map((day) => beginning(day, dateOf));
  return { days, bounds };
}

/**
 * The days in a time zone that hold anything of these days in UTC. Between two of them may be days that hold nothing,
 * which then count to the one before.
 */
export function daysAround(timeZone: string, utcDays: readonly string[]): LocalDays {
  const dateOf = localDate(timeZone);
  const near = utcDays.flatMap((day) => [shift(day, -1), day, shift(day, 1)]);
  // Behind the year 9999 dates are written otherwise.
  const days = [...new Set(near)].filter((day) => /^\d{4}-/.test(day)).toSorted();
  const end = days.slice(-1).map((day) => shift(day, 1));
  return { days, bounds: [...days, ...end].map((day) => beginning(day, dateOf)) };
}

function localDate(timeZone: string): (time: Date) => string {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  return (time) => format.format(time);
}

function shift(day: string, by: number): string {
  return new Date(Date.parse(day) + by * dayMs).toISOString().slice(0, 10);
}

/** The first moment whose date is `day` or later: a day may begin at one o'clock, or not be there at all. */
function beginning(day: string, dateOf: (time: Date) => string): Date {
  let before = (Date.parse(day) - widestMs) / stepMs;
  let after = (Date.parse(day) + widestMs) / stepMs;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (dateOf(new Date(middle * stepMs)) >= day) after = middle;
    else before = middle;
  }
  return new Date(after * stepMs);
}
