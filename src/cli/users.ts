import { randomBytes } from 'node:crypto';
import { text } from 'node:stream/consumers';
import type { Quotas } from '@alcove/contract';
import type { Operated, Operation } from '../identity/people/operation.ts';
import { operatePeople } from './people.ts';
import { lineOf, print, printLink } from './print-people.ts';

interface Json {
  json?: boolean;
}
interface Who {
  name?: string;
  admin?: boolean;
}
type Quota = number | 'default';
const megabyte = 1024 * 1024;

export async function listUsers(
  options: Json & { status?: 'active' | 'suspended' | 'invited' },
): Promise<number> {
  const done = await operatePeople({ do: 'list', status: options.status });
  return show(done, options);
}

/** Without `--password-stdin` a password is made and printed, once. */
export async function createUser(
  email: string,
  options: Json & Who & { passwordStdin?: boolean },
): Promise<number> {
  const given =
    options.passwordStdin === true ? (await text(process.stdin)).replace(/\r?\n$/, '') : undefined;
  const password = given ?? randomBytes(15).toString('base64url');
  const role = options.admin === true ? 'admin' : 'user';
  const done = await operatePeople({ do: 'create', email, password, name: options.name, role });
  if (options.json === true) return printJson(given === undefined ? { ...done, password } : done);
  show(done, options);
  if (given === undefined) print(`Its password, which is not shown again: ${password}`);
  return 0;
}

export async function inviteUser(email: string, options: Json & Who): Promise<number> {
  const role = options.admin === true ? 'admin' : undefined;
  return showLink(await operatePeople({ do: 'invite', email, name: options.name, role }), options);
}

export function suspendUser(account: string, options: Json): Promise<number> {
  return change({ do: 'change', account, status: 'suspended' }, options);
}

export function resumeUser(account: string, options: Json): Promise<number> {
  return change({ do: 'change', account, status: 'active' }, options);
}

export async function resetUser(account: string, options: Json): Promise<number> {
  return showLink(await operatePeople({ do: 'reset', account }), options);
}

export async function deleteUser(account: string, options: Json & { yes?: boolean }): Promise<number> {
  if (options.yes !== true)
    throw new Error(
      `This erases the account and everything in it: say so with "users delete ${account} --yes".`,
    );
  const done = await operatePeople({ do: 'delete', account });
  if (options.json === true) return printJson(done);
  for (const user of done.users) print(`${user.email ?? user.id} and everything in it is deleted.`);
  return 0;
}

/** A number, or `default` for the server's own limit; what is left out stays. */
export function setQuota(
  account: string,
  options: Json & { documents?: Quota; megabytes?: Quota; messages?: Quota },
): Promise<number> {
  const { documents, megabytes, messages } = options;
  const quotas: Partial<Quotas> = {};
  if (documents !== undefined) quotas.documents = own(documents);
  if (megabytes !== undefined) quotas.bytes = own(megabytes, megabyte);
  if (messages !== undefined) quotas.messages_per_minute = own(messages);
  return change({ do: 'change', account, quotas }, options);
}

/** Conversations without activity for so long go; `default` for the server's own policy. */
export function setRetention(account: string, options: Json & { days?: Quota }): Promise<number> {
  const { days } = options;
  if (days === undefined) throw new Error('Say for how long: --days NUMBER, or --days default.');
  return change({ do: 'change', account, retention_days: own(days) }, options);
}

/** While it stands nothing of the account is erased. */
export function setHold(account: string, options: Json & { end?: boolean }): Promise<number> {
  return change({ do: 'change', account, legal_hold: options.end !== true }, options);
}

function own(quota: Quota, unit = 1): number | null {
  return quota === 'default' ? null : quota * unit;
}

async function change(asked: Operation, options: Json): Promise<number> {
  return show(await operatePeople(asked), options);
}

function show(done: Operated, { json }: Json): number {
  if (json === true) return printJson(done);
  for (const user of done.users) print(lineOf(user));
  return 0;
}

function showLink(done: Operated, { json }: Json): number {
  if (json === true) return printJson(done);
  printLink(done);
  return 0;
}

function printJson(value: unknown): number {
  print(JSON.stringify(value, null, 2));
  return 0;
}
