import { type AuditEntry, auditQuery, type InstallationStatistics, statisticsQuery } from '@alcove/contract';
import type { Database } from '../db/database.ts';
import { AdminScope } from './admin-scope.ts';
import { listAudit } from './audit-store.ts';
import { statisticsOfInstallation } from './installation.ts';
import { presentAudit } from './present-audit.ts';
import type { PriceTable } from './prices.ts';

export interface OversightDeps {
  db: Database;
  prices: PriceTable;
  now: () => Date;
}

/** What `GET /admin/stats` shows, for whoever runs the server. @param options the query of that route */
export async function overseeStatistics(
  options: URLSearchParams,
  { db, prices, now }: OversightDeps,
): Promise<InstallationStatistics> {
  const { time_zone: timeZone } = statisticsQuery.parse(Object.fromEntries(options));
  return statisticsOfInstallation(db, AdminScope.ofOperator(), { timeZone, prices, now: now() });
}

/** The newest of what `GET /admin/audit` shows. @param options `limit` and `action` of that route */
export async function overseeAudit(options: URLSearchParams, { db }: OversightDeps): Promise<AuditEntry[]> {
  const { limit, action } = auditQuery.parse(Object.fromEntries(options));
  return (await listAudit(db, AdminScope.ofOperator(), { action }, limit, null)).map(presentAudit);
}
