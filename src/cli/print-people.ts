import type { AdminUser } from '@alcove/contract';
import type { Operated } from '../identity/people/operation.ts';

export function describeUser({ id, email }: AdminUser): string {
  return `${email ?? '(no address)'} ${id}`;
}

/** One account on one line: address, id, role, status, and what it has of its own: quotas, retention, a legal hold. */
export function lineOf(user: AdminUser): string {
  const { documents, bytes, messages_per_minute: messages } = user.quotas;
  const own = [
    ...(documents === null ? [] : [`${documents} documents`]),
    ...(bytes === null ? [] : [`${bytes} bytes`]),
    ...(messages === null ? [] : [`${messages} messages a minute`]),
    ...(user.retention_days === null ? [] : [`kept ${user.retention_days} days`]),
    ...(user.legal_hold ? ['under legal hold'] : []),
  ];
  return `${describeUser(user)} ${user.role} ${user.status}${own.length === 0 ? '' : ` (${own.join(', ')})`}`;
}

/** Where a link leads, or that it was sent. */
export function printLink({ users, link, sent, expires_at: expiresAt }: Operated): void {
  const email = users[0]?.email ?? '';
  const until = `${expiresAt?.slice(0, 16).replace('T', ' ')} UTC`;
  if (sent === true) print(`A letter with a link was sent to ${email}; it serves once, until ${until}.`);
  else print(`Give this link to ${email}; it serves once, until ${until}, and is not shown again:\n${link}`);
}

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
