import type { AdminUser } from '@alcove/contract';
import { AppError } from '../../errors.ts';
import { AdminScope } from '../admin-scope.ts';
import { type AccountFilter, type AccountRow, findAccounts, listAccounts } from '../people-store.ts';
import { changePerson } from './change-person.ts';
import { createPerson } from './create-person.ts';
import { deletePerson } from './delete-person.ts';
import type { PeopleDeps } from './deps.ts';
import { invitePerson } from './invite-person.ts';
import type { Operated, Operation } from './operation.ts';
import { presentAccount, presentLink, quotaColumns } from './present-account.ts';
import { resetPerson } from './reset-person.ts';

const pageRows = 200;

/** Does what an administrator may do, as whoever runs the server. `origin`: where links lead without PUBLIC_URL. */
export async function operate(asked: Operation, origin: string, deps: PeopleDeps): Promise<Operated> {
  const admin = AdminScope.ofOperator();
  switch (asked.do) {
    case 'list':
      return { users: await listAll(admin, asked, deps) };
    case 'create':
      return { users: [presentAccount(await createPerson(admin, { ...asked, quotas: {} }, deps))] };
    case 'invite': {
      const { user: invited, ...link } = presentLink(await invitePerson(admin, asked, origin, deps));
      return { users: [invited], ...link };
    }
    case 'change': {
      const { id } = await findOne(admin, asked.account, deps);
      const { status, role, retention_days: retentionDays, legal_hold: legalHold } = asked;
      const change = { status, role, retentionDays, legalHold, ...quotaColumns(asked.quotas) };
      return { users: [presentAccount(await changePerson(admin, id, change, deps))] };
    }
    case 'reset': {
      const { id } = await findOne(admin, asked.account, deps);
      const { user: reset, ...link } = presentLink(await resetPerson(admin, id, origin, deps));
      return { users: [reset], ...link };
    }
    case 'delete': {
      const found = await findOne(admin, asked.account, deps);
      await deletePerson(admin, found.id, deps);
      return { users: [presentAccount(found)] };
    }
    default:
      return asked satisfies never;
  }
}

/** @throws AppError `not_found`, or `conflict` when several accounts have the address */
async function findOne(admin: AdminScope, emailOrId: string, { db }: PeopleDeps): Promise<AccountRow> {
  const [found, ...others] = await findAccounts(db, admin, emailOrId);
  if (found === undefined) throw new AppError('not_found', `There is no account ${emailOrId}.`);
  if (others.length === 0) return found;
  const ids = [found, ...others].map(({ id }) => id).join(', ');
  throw new AppError('conflict', `Several accounts have this address; name one by its id: ${ids}`);
}

async function listAll(admin: AdminScope, filter: AccountFilter, { db }: PeopleDeps): Promise<AdminUser[]> {
  const all: AccountRow[] = [];
  for (;;) {
    const rows = await listAccounts(db, admin, filter, pageRows, all.at(-1) ?? null);
    all.push(...rows);
    if (rows.length < pageRows) return all.map(presentAccount);
  }
}
