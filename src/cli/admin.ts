import { readConfig } from '../config.ts';
import { connectDatabase } from '../db/client.ts';
import type { Database } from '../db/database.ts';
import { type AccountRow, findAccounts, listAdministrators, updateAccount } from '../identity/store.ts';

/** Makes the account an administrator: the way in when the last one is gone. */
export function grantAdmin(emailOrId: string): Promise<number> {
  return withDatabase((db) => setRole(db, emailOrId, 'admin'));
}

export function revokeAdmin(emailOrId: string): Promise<number> {
  return withDatabase((db) => setRole(db, emailOrId, 'user'));
}

export function listAdmins(): Promise<number> {
  return withDatabase(async (db) => {
    const admins = await listAdministrators(db);
    for (const admin of admins) print(describe(admin));
    if (admins.length === 0) print('There is no administrator: name one with "alcove admin grant EMAIL".');
    return 0;
  });
}

async function setRole(db: Database, emailOrId: string, role: AccountRow['role']): Promise<number> {
  const found = await findAccounts(db, emailOrId);
  const [account, ...others] = found;
  if (account === undefined) throw new Error(`There is no account ${emailOrId}.`);
  if (others.length > 0) {
    throw new Error(
      `Several accounts have this address; name one by its id:\n${found.map(describe).join('\n')}`,
    );
  }
  await updateAccount(db, account.id, { role }, new Date());
  print(`${describe(account)} is ${role === 'admin' ? 'an administrator' : 'no administrator'} now.`);
  return 0;
}

async function withDatabase(work: (db: Database) => Promise<number>): Promise<number> {
  const db = await connectDatabase(readConfig().database);
  try {
    return await work(db);
  } finally {
    await db.close();
  }
}

function describe({ id, email }: AccountRow): string {
  return `${email ?? '(no address)'} ${id}`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
