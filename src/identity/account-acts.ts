import type { UserRow } from './store.ts';

type Account = Pick<
  UserRow,
  | 'name'
  | 'role'
  | 'status'
  | 'quotaDocuments'
  | 'quotaBytes'
  | 'quotaMessagesPerMinute'
  | 'retentionDays'
  | 'legalHold'
>;

/** What was done to an account, as the audit log names it. */
export function actsOf(before: Account, after: Account): string[] {
  const quotasOf = (row: Account) =>
    [row.quotaDocuments, row.quotaBytes, row.quotaMessagesPerMinute].join(' ');
  const acts: [boolean, string][] = [
    [before.status !== after.status, after.status === 'suspended' ? 'suspended' : 'resumed'],
    [before.role !== after.role, after.role === 'admin' ? 'promoted' : 'demoted'],
    [before.name !== after.name, 'renamed'],
    [quotasOf(before) !== quotasOf(after), 'quotas_changed'],
    [before.retentionDays !== after.retentionDays, 'retention_changed'],
    [before.legalHold !== after.legalHold, after.legalHold ? 'held' : 'hold_ended'],
  ];
  return acts.flatMap(([isDone, act]) => (isDone ? [`account.${act}`] : []));
}
