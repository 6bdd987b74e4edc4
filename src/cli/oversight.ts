import { type AuditEntry, auditQuery, type InstallationStatistics, statisticsQuery } from '@alcove/contract';
import { askHolder } from '../backup/ask-server.ts';
import { readConfig } from '../config.ts';
import { print } from './print-people.ts';

/** Everything in the database, in numbers: as GET /admin/stats, for whoever runs the server. */
export async function showStatistics(options: { json?: boolean; timeZone?: string }): Promise<number> {
  const given: Record<string, string> = options.timeZone === undefined ? {} : { time_zone: options.timeZone };
  refuse(statisticsQuery.safeParse(given).error);
  const statistics = (await see('stats', given)) as InstallationStatistics;
  if (options.json === true) print(JSON.stringify(statistics, null, 2));
  else for (const [name, value] of Object.entries(statistics)) printFigure(name, value);
  return 0;
}

/** Who did what, newest first: as GET /admin/audit. */
export async function showAudit(options: {
  json?: boolean;
  limit?: string;
  action?: string;
}): Promise<number> {
  const { limit, action } = options;
  const given = { ...(limit === undefined ? {} : { limit }), ...(action === undefined ? {} : { action }) };
  refuse(auditQuery.safeParse(given).error);
  const entries = (await see('audit', given)) as AuditEntry[];
  if (options.json === true) print(JSON.stringify({ entries }, null, 2));
  else for (const entry of entries) print(lineOf(entry));
  return 0;
}

/** From the database, or from the server that holds the embedded one. */
async function see(what: 'stats' | 'audit', given: Record<string, string>): Promise<unknown> {
  const config = readConfig();
  const options = new URLSearchParams(given);
  const answer = await askHolder(config, `/${what}?${options.toString()}`);
  if (answer !== null) return answer;
  // Loaded where it is needed: most of a second.
  return (await import('./oversight-in-database.ts')).seeInDatabase(what, options, config);
}

function refuse(error: { issues: { path: PropertyKey[]; message: string }[] } | undefined): void {
  if (error === undefined) return;
  throw new Error(error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
}

function printFigure(name: string, value: unknown): void {
  const title = name.replaceAll('_', ' ');
  if (!Array.isArray(value)) return print(`${title}: ${plain(value)}`);
  for (const one of value) print(`${title}: ${plain(one)}`);
}

function plain(value: unknown): string {
  if (value === null) return 'none';
  if (typeof value === 'string') return value;
  if (typeof value !== 'object') return JSON.stringify(value);
  return Object.entries(value)
    .map(([name, part]) => `${name.replaceAll('_', ' ')} ${plain(part)}`)
    .join(', ');
}

function lineOf({ created_at: at, action, target, user_id: by, address }: AuditEntry): string {
  const what = target === null ? action : `${action} ${target}`;
  return `${at} ${what} by ${by ?? 'the command line'}${address === null ? '' : ` from ${address}`}`;
}
