import type { ConversationStatistics, StatisticsOverview } from '@alcove/contract';
import type { Database } from '../db/database.ts';
import type { UserScope } from '../identity/user-scope.ts';
import type { ConversationScope } from './scope.ts';
import {
  readActivity,
  readBreakdown,
  readConversationCounts,
  readCounters,
  readLatencies,
  readNeverCited,
  readUnanswered,
} from './statistics-store.ts';

/** Statistics of everything that one user has. */
export async function overviewOf(db: Database, user: UserScope): Promise<StatisticsOverview> {
  const counters = await readCounters(db, user);
  const { byType, byStatus } = await readBreakdown(db, user);
  const retrievals = (counters?.cacheHits ?? 0) + (counters?.cacheMisses ?? 0);
  const roles = {
    user: counters?.userMessages ?? 0,
    assistant: counters?.assistantMessages ?? 0,
    system: counters?.systemMessages ?? 0,
  };
  return {
    total_conversations: counters?.conversations ?? 0,
    conversations_by_type: { general: sum(byType, 'general'), rag_query: sum(byType, 'rag_query') },
    conversations_by_status: { active: sum(byStatus, 'active'), archived: sum(byStatus, 'archived') },
    total_messages: roles.user + roles.assistant + roles.system,
    messages_by_role: roles,
    total_documents: counters?.documents ?? 0,
    total_chunks: counters?.chunks ?? 0,
    total_bytes: counters?.bytes ?? 0,
    tokens: { input: counters?.inputTokens ?? 0, output: counters?.outputTokens ?? 0 },
    cache_hit_rate: retrievals === 0 ? null : (counters?.cacheHits ?? 0) / retrievals,
    latency_ms: await readLatencies(db, user),
    activity: await readActivity(db, user),
  };
}

/** The same for one conversation, with what its answers leave open. */
export async function statisticsOf(db: Database, scope: ConversationScope): Promise<ConversationStatistics> {
  const counts = await readConversationCounts(db, scope);
  const roles = {
    user: sum(counts.byRole, 'user'),
    assistant: sum(counts.byRole, 'assistant'),
    system: sum(counts.byRole, 'system'),
  };
  return {
    conversation_id: scope.conversationId,
    total_messages: roles.user + roles.assistant + roles.system,
    messages_by_role: roles,
    total_documents: counts.documents,
    total_chunks: counts.chunks,
    total_bytes: counts.bytes,
    tokens: { input: counts.inputTokens, output: counts.outputTokens },
    cache_hit_rate: counts.answers === 0 ? null : counts.cacheHits / counts.answers,
    latency_ms: await readLatencies(db, scope),
    documents_never_cited: await readNeverCited(db, scope),
    unanswered_questions: await readUnanswered(db, scope),
  };
}

function sum(counts: readonly { by: string; n: number }[], by: string): number {
  return counts.reduce((total, one) => total + (one.by === by ? one.n : 0), 0);
}
