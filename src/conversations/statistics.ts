import type { ConversationStatistics, StatisticsOverview } from '@alcove/contract';
import type { Database } from '../db/database.ts';
import { type ActiveDay, readActiveDays, readActivity } from '../identity/activity-store.ts';
import { daysAround, lastDays } from '../identity/local-days.ts';
import { type PriceTable, priceUsage } from '../identity/prices.ts';
import { type ModelTokens, readDailyUsage, readModelUsage } from '../identity/usage-store.ts';
import type { UserScope } from '../identity/user-scope.ts';
import type { ConversationScope } from './scope.ts';
import { type AnswerDay, readAnswerDays, readLatencies, totalStage } from './latency-store.ts';
import { readConversationUsage } from './summary-store.ts';
import {
  readBreakdown,
  readConversationActivity,
  readConversationCounts,
  readConversationDays,
  readCounters,
  readNeverCited,
  readQuality,
  readUnanswered,
} from './statistics-store.ts';

/** Days before today and today. */
const shownDays = 90;

export interface StatisticsView {
  timeZone: string;
  prices: PriceTable;
  now: Date;
}

/** Statistics of everything that one user has. */
export async function overviewOf(
  db: Database,
  user: UserScope,
  { timeZone, prices, now }: StatisticsView,
): Promise<StatisticsOverview> {
  const counters = await readCounters(db, user);
  const models = await readModelUsage(db, user);
  const tokens = { input: counters?.inputTokens ?? 0, output: counters?.outputTokens ?? 0 };
  const told = models.reduce((sum, { input, output }) => sum + input + output, 0);
  const { byType, byStatus } = await readBreakdown(db, user);
  const retrievals = (counters?.cacheHits ?? 0) + (counters?.cacheMisses ?? 0);
  const roles = {
    user: counters?.userMessages ?? 0,
    assistant: counters?.assistantMessages ?? 0,
    system: counters?.systemMessages ?? 0,
  };
  const days = await readActivity(db, user, daysAround(timeZone, await readActiveDays(db, user)));
  const [since = ''] = lastDays('UTC', shownDays, now).days;
  const daily = await readDailyUsage(db, user, since);
  const answerDays = await readAnswerDays(db, user, lastDays(timeZone, shownDays, now));
  return {
    total_conversations: counters?.conversations ?? 0,
    conversations_by_type: { general: sum(byType, 'general'), rag_query: sum(byType, 'rag_query') },
    conversations_by_status: { active: sum(byStatus, 'active'), archived: sum(byStatus, 'archived') },
    usage_by_day: usageByDay(daily, prices),
    answers_by_day: answerDays.map(presentAnswerDay),
    total_messages: roles.user + roles.assistant + roles.system,
    messages_by_role: roles,
    total_documents: counters?.documents ?? 0,
    total_chunks: counters?.chunks ?? 0,
    total_bytes: counters?.bytes ?? 0,
    tokens,
    // Earlier versions did not write down of what model they were.
    ...priceUsage(models, prices, tokens.input + tokens.output - told),
    cache_hit_rate: retrievals === 0 ? null : (counters?.cacheHits ?? 0) / retrievals,
    ...(await measuresOf(db, user)),
    engagement: engagementOf(days),
    time_zone: timeZone,
    activity: lately(days, timeZone, now),
  };
}

/** The same for one conversation, with what its answers leave open. */
export async function statisticsOf(
  db: Database,
  scope: ConversationScope,
  { timeZone, prices, now }: StatisticsView,
): Promise<ConversationStatistics> {
  const counts = await readConversationCounts(db, scope);
  const usage = await readConversationUsage(db, scope.user, [scope.conversationId]);
  const roles = {
    user: sum(counts.byRole, 'user'),
    assistant: sum(counts.byRole, 'assistant'),
    system: sum(counts.byRole, 'system'),
  };
  const within = daysAround(timeZone, await readConversationDays(db, scope));
  const days = await readConversationActivity(db, scope, within);
  return {
    conversation_id: scope.conversationId,
    total_messages: roles.user + roles.assistant + roles.system,
    messages_by_role: roles,
    total_documents: counts.documents,
    total_chunks: counts.chunks,
    total_bytes: counts.bytes,
    tokens: { input: counts.inputTokens, output: counts.outputTokens },
    ...priceUsage(usage.get(scope.conversationId) ?? [], prices),
    cache_hit_rate: counts.retrievals === 0 ? null : counts.cacheHits / counts.retrievals,
    ...(await measuresOf(db, scope)),
    engagement: engagementOf(days),
    time_zone: timeZone,
    activity: lately(days, timeZone, now),
    documents_never_cited: await readNeverCited(db, scope),
    unanswered_questions: await readUnanswered(db, scope),
  };
}

function usageByDay(
  rows: readonly (ModelTokens & { day: string })[],
  prices: PriceTable,
): StatisticsOverview['usage_by_day'] {
  return [...Map.groupBy(rows, ({ day }) => day)].map(([day, models]) => ({
    day,
    tokens: {
      input: models.reduce((total, { input }) => total + input, 0),
      output: models.reduce((total, { output }) => total + output, 0),
    },
    cost: priceUsage(models, prices).cost,
  }));
}

function presentAnswerDay({
  day,
  retrievals,
  cacheHits,
  latencies: { [totalStage]: total, ...stages },
}: AnswerDay): StatisticsOverview['answers_by_day'][number] {
  return {
    day,
    retrievals,
    cache_hits: cacheHits,
    cache_hit_rate: retrievals === 0 ? null : cacheHits / retrievals,
    latency_ms: stages,
    processing_time_ms: total ?? null,
  };
}

/** How fast and how well the newest answers were made. */
async function measuresOf(db: Database, scope: UserScope | ConversationScope) {
  const { [totalStage]: total, ...stages } = await readLatencies(db, scope);
  const { answers, cited, meanCitedScore } = await readQuality(db, scope);
  return {
    latency_ms: stages,
    processing_time_ms: total ?? null,
    retrieval_quality: {
      answers,
      cited_share: answers === 0 ? null : cited / answers,
      mean_cited_score: meanCitedScore,
    },
  };
}

function engagementOf(days: readonly ActiveDay[]) {
  const questions = days.reduce((total, day) => total + day.questions, 0);
  return {
    questions,
    active_days: days.length,
    questions_per_active_day: days.length === 0 ? null : questions / days.length,
    last_active_on: days.at(-1)?.day ?? null,
  };
}

function lately(all: readonly ActiveDay[], timeZone: string, now: Date): ActiveDay[] {
  const shown = new Set(lastDays(timeZone, shownDays, now).days);
  return all.filter(({ day }) => shown.has(day));
}

function sum(counts: readonly { by: string; n: number }[], by: string): number {
  return counts.reduce((total, one) => total + (one.by === by ? one.n : 0), 0);
}
