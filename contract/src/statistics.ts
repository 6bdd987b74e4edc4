import { z } from 'zod';
import { id, nextCursor, pageQuery, timestamp } from './common.ts';

const count = z.int().min(0);

/** A name of the IANA database, as in `Europe/Berlin`; days are counted in it. */
const timeZone = z
  .string()
  .max(64)
  .refine(isTimeZone, 'is no time zone: give a name such as Europe/Berlin')
  .default('UTC')
  .meta({ description: 'IANA name, as in Europe/Berlin', example: 'Europe/Berlin' });

/** The same as `Accept` asks for, for links. */
const format = z.enum(['json', 'csv']).optional();

export const statisticsQuery = z.object({ time_zone: timeZone, format });
export const statisticsListQuery = pageQuery.extend({
  status: z.enum(['active', 'archived', 'all']).default('all'),
  format,
});

function isTimeZone(name: string): boolean {
  // An offset such as +01:00 is none: it knows no summer time.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** By the price table of the server (`MODEL_PRICES`). */
const cost = z.object({ amount: z.number().min(0), currency: z.string() }).meta({ id: 'Cost' });
export type Cost = z.infer<typeof cost>;
const usage = z.object({
  /** What all models together cost; null where the price of one that was used is not known. */
  cost: cost.nullable(),
  /** Most tokens first. */
  models: z.array(
    z
      .object({
        model: z.string(),
        answers: count,
        tokens: z.object({ input: count, output: count }),
        /** Null where no price is known. */
        cost: cost.nullable(),
      })
      .meta({ id: 'ModelUsage' }),
  ),
});
export type Usage = z.infer<typeof usage>;

const percentiles = z.object({ p50: z.number(), p95: z.number(), p99: z.number(), n: z.int() });
const day = z.object({ day: z.string(), messages: count, questions: count });
const byRole = z.object({ user: z.int(), assistant: z.int(), system: z.int() });
const counts = z.object({
  total_messages: z.int(),
  messages_by_role: byRole,
  total_documents: z.int(),
  total_chunks: z.int(),
  total_bytes: z.int(),
  /**
   * Of every answer so far, rewritten questions included; of an account also of titles, summaries and questions that a
   * model suggests, and what is deleted later has been used all the same; of a conversation they are those of the answers
   * that are in it, as long as traces are kept.
   */
  tokens: z.object({ input: z.int(), output: z.int() }),
  ...usage.shape,
  /** Share of retrievals answered from the cache, 0..1, of the same answers as `tokens`; null before the first. */
  cache_hit_rate: z.number().nullable(),
  /** Milliseconds by stage, over the last 500 answers. */
  latency_ms: z.record(z.string(), percentiles),
  /** From question to last word, over the last 500 answers; null before the first. */
  processing_time_ms: percentiles.nullable(),
  /** Over the last 500 answers that rest on documents. */
  retrieval_quality: z.object({
    answers: z.int(),
    /** Share of them that cite at least one passage, 0..1; null without any. */
    cited_share: z.number().nullable(),
    /** Mean retrieval score of the passages that were cited; null without any. */
    mean_cited_score: z.number().nullable(),
  }),
  engagement: z.object({
    questions: z.int(),
    /** Days of `time_zone` with at least one message. */
    active_days: z.int(),
    /** Null before the first. */
    questions_per_active_day: z.number().nullable(),
    last_active_on: z.string().nullable(),
  }),
  /** The time zone of the days in `engagement` and `activity`. */
  time_zone: z.string(),
  /** Of the last 90 days those that had any, oldest first. */
  activity: z.array(day),
});
export const overview = counts
  .extend({
    total_conversations: z.int(),
    conversations_by_type: z.object({ general: z.int(), rag_query: z.int() }),
    conversations_by_status: z.object({ active: z.int(), archived: z.int() }),
    usage_by_day: z
      .array(
        z.object({
          day: z.string(),
          tokens: z.object({ input: count, output: count }),
          /** Null where the price of a model that was used is not known. */
          cost: cost.nullable(),
        }),
      )
      .meta({
        description:
          'Of the last 90 days those on which a model was asked, oldest first. Days are UTC whatever `time_zone` says: tokens are summed by day when they are used, so that they outlive what is deleted, and a sum cannot be split at another midnight.',
      }),
    /**
     * Of the last 90 days (of `time_zone`) those with answers that are still there, as long as their traces are kept;
     * oldest first.
     */
    answers_by_day: z.array(
      z.object({
        day: z.string(),
        /** Answers that searched. */
        retrievals: count,
        cache_hits: count,
        /** The share of them, 0..1; null where nothing was searched. */
        cache_hit_rate: z.number().nullable(),
        /** Milliseconds by stage; a stage that did not run is not there. */
        latency_ms: z.record(z.string(), percentiles),
        /** From question to last word; null where no answer was finished. */
        processing_time_ms: percentiles.nullable(),
      }),
    ),
  })
  .meta({ id: 'StatisticsOverview' });
export type StatisticsOverview = z.infer<typeof overview>;
export const conversationStats = counts
  .extend({
    conversation_id: id,
    /** Ready documents that no answer that is in the conversation cites; answers elsewhere do not count. */
    documents_never_cited: z.array(z.object({ id, name: z.string() })),
    unanswered_questions: z.array(z.object({ message_id: id, content: z.string() })),
  })
  .meta({ id: 'ConversationStatistics' });
export type ConversationStatistics = z.infer<typeof conversationStats>;

/** One conversation among all of them; `GET /conversations/{id}/stats` says more of it. */
const conversationSummary = z
  .object({
    conversation_id: id,
    title: z.string(),
    status: z.enum(['active', 'archived']),
    created_at: timestamp,
    last_message_at: timestamp.nullable(),
    messages: count,
    questions: count,
    /** Without a complete answer, or with one that rests on no source although there were documents. */
    unanswered_questions: count,
    documents: count,
    /** Ready documents that no answer that is in the conversation cites. */
    documents_never_cited: count,
    chunks: count,
    bytes: count,
    tokens: z.object({ input: count, output: count }),
    ...usage.shape,
  })
  .meta({ id: 'ConversationSummary' });
export type ConversationSummary = z.infer<typeof conversationSummary>;
export const conversationSummaries = z
  .object({ conversations: z.array(conversationSummary), next_cursor: nextCursor })
  .meta({ id: 'ConversationSummaryList' });
export type ConversationSummaries = z.infer<typeof conversationSummaries>;

const meanMs = z.number().min(0);
/** Over all accounts. */
const installationDay = z
  .object({
    day: z.string(),
    /** That ended, however they did. */
    answers: count,
    /** Of the answers: failed, or cut short by a failure. */
    failed_answers: count,
    /** Of the answers: made where there were documents to rest on. */
    answers_from_documents: count,
    /** Of those: with a verified citation at least. */
    cited_answers: count,
    citations: z.object({ verified: count, unverified: count, contradicted: count }),
    /** Answers that searched. */
    retrievals: count,
    cache_hits: count,
    /** The share of them, 0..1; null where nothing was searched. */
    cache_hit_rate: z.number().nullable(),
    /** Of the `n` answers whose times are known; null where there is none. */
    processing_time_ms: z
      .object({
        n: count,
        mean: meanMs,
        within_2s: count,
        within_5s: count,
        within_15s: count,
        within_60s: count,
      })
      .nullable(),
    /** Mean milliseconds by stage, over the same answers; a stage that did not run counts as none. */
    latency_ms: z.record(z.string(), meanMs),
    tokens: z.object({ input: count, output: count }),
    /** Null where the price of a model that was used is not known. */
    cost: cost.nullable(),
    /** Files that were uploaded or taken over from a link, new versions of documents among them. */
    documents: count,
    bytes: count,
  })
  .meta({ id: 'InstallationDay' });

export const installationStatistics = z
  .object({
    users: z.object({ total: count, active: count, suspended: count, invited: count, admins: count }),
    conversations: count,
    messages: count,
    messages_by_role: byRole,
    documents: count,
    chunks: count,
    bytes: count,
    tokens: z.object({ input: count, output: count }),
    ...usage.shape,
    /** Share of all retrievals so far that were answered from the cache, 0..1; null before the first. */
    cache_hit_rate: z.number().nullable(),
    /** Work that waits or is being done; counted up to 10,000 of a kind. */
    queue: z.object({
      ingest: count,
      index: count,
      answer: count,
      /** How long the oldest of it has been due. */
      oldest_seconds: z.number().min(0),
    }),
    /** The time zone of `days`. */
    time_zone: z.string(),
    /** Of the last 30 days those that had any, oldest first. */
    days: z.array(day.extend({ users: count })),
    usage_by_day: z.array(installationDay).meta({
      description:
        'Of the last 30 days those on which anything was answered or uploaded, oldest first. Days are UTC whatever `time_zone` says. What happened stays counted when it is deleted, until its account is.',
    }),
  })
  .meta({ id: 'InstallationStatistics' });
export type InstallationStatistics = z.infer<typeof installationStatistics>;
