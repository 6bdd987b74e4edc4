import { z } from 'zod';
import { answerMetadata, source, strategy, timings, verification } from './asking.ts';
import { id } from './common.ts';

const leg = z.enum(['vector', 'keyword']);
const placed = { rank: z.int(), score: z.number() };
const rankedScore = z.object(placed).nullable();

/** How a search came to its order: what each list held, and what became of it when they were one. */
const ranking = z.object({
  /** What was searched for: the question, or the standalone ones that it was rewritten to. */
  queries: z.array(z.string()),
  /** One list for each leg and query, best first, at most 50 long. */
  lists: z.array(
    z.object({
      leg,
      hits: z.array(z.object({ document_id: id, ordinal: z.int(), ...placed })),
    }),
  ),
  /** The lists as one, best first, at most 50 long. */
  fused: z.array(
    z.object({
      document_id: id,
      ordinal: z.int(),
      ...placed,
      vector: rankedScore,
      keyword: rankedScore,
      /** Why it was left out: behind `top_k`, below the reranker's threshold, or gone meanwhile. */
      dropped: z.enum(['top_k', 'rerank_threshold', 'gone']).nullable(),
    }),
  ),
});
export type Ranking = z.infer<typeof ranking>;

export const retrieved = z
  .object({
    conversation_id: id,
    query: z.string(),
    strategy,
    legs: z.array(leg),
    results: z.array(
      source.extend({ vector: rankedScore, keyword: rankedScore, fused: z.number(), content: z.string() }),
    ),
    ...ranking.shape,
    cache_hit: z.boolean(),
    timings_ms: timings,
    notices: z.array(z.string()),
  })
  .meta({ id: 'Retrieved' });
export type Retrieved = z.infer<typeof retrieved>;

export const answerTrace = answerMetadata
  .extend({
    message_id: id,
    conversation_id: id,
    mode: z.enum(['documents', 'llm']),
    /** Null when nothing was searched. */
    cache_hit: z.boolean().nullable(),
    ...ranking.shape,
    /** How each document was given to the answer, and why. */
    documents: z
      .array(
        z.object({
          document_id: id,
          document_name: z.string(),
          /** `spread`: passages evenly over the whole, for a summary. */
          given: z.enum(['whole', 'spread', 'passages', 'nothing']),
          /**
           * `asked`: its setting says so. `small`: all undecided documents fit together. `summary`: a summary of it is
           * wanted. `too_long`: it does not fit whole. `searched`: the undecided ones are too long together, or the
           * request says how many passages it wants.
           */
          why: z.enum(['asked', 'small', 'summary', 'too_long', 'searched']),
        }),
      )
      .default([]),
    /** A language model's second look at the citations that were unverified; null when there was none. */
    citation_check: z
      .object({
        /** Citations that it was asked about. */
        asked: z.int(),
        /** Unverified ones for which the request had no room. */
        left_out: z.int(),
        /** `verdict` as the model says, `verification` as it was accepted. */
        verdicts: z.array(
          z.object({
            n: z.int(),
            start: z.int(),
            end: z.int(),
            verdict: z.enum(['supported', 'contradicted', 'unclear']),
            verification,
          }),
        ),
        /** Why there is no verdict; null when nothing failed. */
        failed: z.string().nullable(),
        /** They are part of the answer's. */
        tokens: z.object({ input: z.int(), output: z.int() }),
        ms: z.number(),
      })
      .nullable()
      .default(null),
    /** What the answer could rest on, after neighbours were joined and small documents taken whole. */
    context: z.array(
      z.object({
        chunk_id: id,
        document_id: id,
        vector: rankedScore,
        keyword: rankedScore,
        score: z.number(),
        /** Set when it did not fit beside the question and the conversation. */
        dropped: z.enum(['context_window']).nullable(),
      }),
    ),
  })
  .meta({ id: 'AnswerTrace' });
export type AnswerTrace = z.infer<typeof answerTrace>;
