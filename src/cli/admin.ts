import { operatePeople } from './people.ts';
import { describeUser, print } from './print-people.ts';

/** Makes the account an administrator: the way in when the last one is gone. */
export async function grantAdmin(account: string): Promise<number> {
  const { users } = await operatePeople({ do: 'change', account, role: 'admin' });
  for (const user of users) print(`${describeUser(user)} is an administrator now.`);
  return 0;
}

export async function revokeAdmin(account: string): Promise<number> {
  const { users } = await operatePeople({ do: 'change', account, role: 'user' });
  for (const user of users) print(`${describeUser(user)} is no administrator now.`);
  return 0;
}

export async function listAdmins(): Promise<number> {
  const { users } = await operatePeople({ do: 'list', role: 'admin' });
  for (const user of users) print(describeUser(user));
  if (users.length === 0) print('There is no administrator: name one with "alcove admin grant EMAIL".');
  return 0;
}
