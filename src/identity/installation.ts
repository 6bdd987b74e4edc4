import type { InstallationStatistics } from '@alcove/contract';
import type { Database } from '../db/database.ts';
import { readEverybodysActivity } from './activity-store.ts';
import type { AdminScope } from './admin-scope.ts';
import { readEverybodysDays } from './daily-usage-store.ts';
import { presentDays } from './installation-days.ts';
import { lastDays } from './local-days.ts';
import { type PriceTable, priceUsage } from './prices.ts';
import { type QueueCounts, readInstallationCounts, readQueueCounts } from './statistics-store.ts';
import { readEverybodysDailyUsage, readEverybodysUsage } from './usage-store.ts';

/** Days before today and today. */
const shownDays = 30;

/** Sums over all accounts, and the queue: counts only, of nobody alone. */
export async function statisticsOfInstallation(
  db: Database,
  admin: AdminScope,
  { timeZone, prices, now }: { timeZone: string; prices: PriceTable; now: Date },
): Promise<InstallationStatistics> {
  const counted = await readInstallationCounts(db, admin);
  const { inputTokens, outputTokens, cacheHits, cacheMisses, messagesByRole, ...counts } = counted;
  const retrievals = cacheHits + cacheMisses;
  const models = await readEverybodysUsage(db, admin);
  const [since = ''] = lastDays('UTC', shownDays, now).days;
  const told = models.reduce((sum, { input, output }) => sum + input + output, 0);
  return {
    ...counts,
    messages: messagesByRole.user + messagesByRole.assistant + messagesByRole.system,
    messages_by_role: messagesByRole,
    tokens: { input: inputTokens, output: outputTokens },
    ...priceUsage(models, prices, inputTokens + outputTokens - told),
    cache_hit_rate: retrievals === 0 ? null : cacheHits / retrievals,
    queue: presentQueue(await readQueueCounts(db, admin)),
    time_zone: timeZone,
    days: await readEverybodysActivity(db, admin, lastDays(timeZone, shownDays, now)),
    usage_by_day: presentDays(
      await readEverybodysDays(db, admin, since),
      await readEverybodysDailyUsage(db, admin, since),
      prices,
    ),
  };
}

function presentQueue(queue: readonly QueueCounts[]): InstallationStatistics['queue'] {
  const waiting = (kind: QueueCounts['kind']): number => queue.find((one) => one.kind === kind)?.waiting ?? 0;
  return {
    ingest: waiting('ingest'),
    index: waiting('index'),
    answer: waiting('answer'),
    oldest_seconds: Math.max(0, ...queue.map(({ oldestSeconds }) => oldestSeconds)),
  };
}
