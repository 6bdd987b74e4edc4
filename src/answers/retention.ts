import type { Database } from '../db/database.ts';
import { EveryUser, forgetOldPerson } from '../identity/forget-old-people.ts';
import type { RetentionConfig } from '../identity/people/people-config.ts';
import { cutAuditAddresses, deleteOldAudit } from '../identity/retention-store.ts';
import { deleteOldEvents, deleteOldTraces } from './retention-store.ts';

/** Of one statement: short enough to keep nobody waiting. */
const pageRows = 500;
/** Of one call, for each thing: the rest is the next call's. */
const maxPages = 40;
const usersAtOnce = 1_000;

export interface Retention {
  /** Deletes what has been kept long enough, a bounded part at each call; resolves early when the signal aborts. */
  sweep(now: Date, signal: AbortSignal): Promise<void>;
}

/** What is kept by policy, and for how long: events of ended answers, traces, the audit log, sessions and links. */
export function createRetention(db: Database, kept: RetentionConfig): Retention {
  const users = new EveryUser();
  return {
    async sweep(now, signal) {
      const ago = (ms: number): Date => new Date(now.getTime() - ms);
      await inPages((limit) => cutAuditAddresses(db, ago(kept.auditAddressesMs), limit), signal);
      await inPages((limit) => deleteOldAudit(db, ago(kept.auditMs), limit), signal);
      for await (const scope of users.some(db, usersAtOnce)) {
        if (signal.aborted) return;
        await inPages((limit) => deleteOldEvents(db, scope, ago(kept.answerEventsMs), limit), signal);
        await inPages((limit) => deleteOldTraces(db, scope, ago(kept.tracesMs), limit), signal);
        await forgetOldPerson(db, scope, now);
      }
    },
  };
}

async function inPages(deletePage: (limit: number) => Promise<number>, signal: AbortSignal): Promise<void> {
  for (let page = 0; page < maxPages && !signal.aborted; page += 1)
    if ((await deletePage(pageRows)) < pageRows) return;
}
