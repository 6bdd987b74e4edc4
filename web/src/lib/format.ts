import type { Cost } from '@alcove/client';
import { showName } from './show-name.ts';
import { language } from './text/text.ts';

const day: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short', year: 'numeric' };
const dates = new Intl.DateTimeFormat(language, day);
const dateTimes = new Intl.DateTimeFormat(language, { ...day, hour: '2-digit', minute: '2-digit' });
const shortDates = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'numeric', timeZone: 'UTC' });
const plainDates = new Intl.DateTimeFormat(language, { ...day, timeZone: 'UTC' });
const languages = new Intl.DisplayNames(language, { type: 'language' });
const numbers = new Intl.NumberFormat(language);
const compact = new Intl.NumberFormat(language, { notation: 'compact', maximumFractionDigits: 1 });
const percents = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 0 });
const thousandths = new Intl.NumberFormat(language, { minimumFractionDigits: 3, maximumFractionDigits: 3 });
const tenths = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });

export function formatDate(time: string): string {
  return dates.format(new Date(time));
}

/** A date alone, as `2026-11-23`: the same wherever it is read. */
export function formatDay(date: string): string {
  return plainDates.format(new Date(date));
}

/** The same without its year, where there is little room. */
export function formatShortDay(date: string): string {
  return shortDates.format(new Date(date));
}

/** What a passage was ranked by. */
export function formatScore(score: number): string {
  return thousandths.format(score);
}

/** An amount of money, with as many digits as it takes to tell a small one from nothing. */
export function formatCost({ amount, currency }: Cost): string {
  return new Intl.NumberFormat(language, {
    style: 'currency',
    currency,
    maximumFractionDigits: amount > 0 && amount < 1 ? 4 : 2,
  }).format(amount);
}

export function formatDateTime(time: string): string {
  return dateTimes.format(new Date(time));
}

export function formatNumber(n: number): string {
  return numbers.format(n);
}

/** `1.2K` for what is too long to be read. */
export function formatCompact(n: number): string {
  return n < 10_000 ? numbers.format(n) : compact.format(n);
}

/** A share of 0 to 1. */
export function formatShare(share: number): string {
  return percents.format(share);
}

/** Milliseconds as a person reads them: `340 ms`, `2.4 s`, `12 min 14 s`, `3 h 5 min`. */
export function formatMs(ms: number): string {
  if (ms < 1_000) return `${numbers.format(Math.round(ms))} ms`;
  if (ms < 60_000) return `${tenths.format(ms / 1_000)} s`;
  const seconds = Math.round(ms / 1_000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${numbers.format(Math.floor(minutes / 60))} h ${minutes % 60} min`;
}

/** `CORNING_2022…10K.pdf`: the middle goes, never the ending. */
export function shortenName(name: string, most = 34): string {
  const shown = showName(name);
  if (shown.length <= most) return shown;
  const tail = Math.min(14, Math.floor(most / 2));
  return `${shown.slice(0, most - tail - 1)}…${shown.slice(-tail)}`;
}

/** Whether a language was found in a document; a short one has none. */
export function isKnown(code: string | null): code is string {
  return code !== null && code !== 'und';
}

/** By its name in the language of the page. */
export function formatLanguage(code: string): string {
  return languages.of(code) ?? code;
}
