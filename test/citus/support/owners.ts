import { newConversation } from '../../answers/support/asking.ts';
import { newPerson, type Person, personOf } from '../../support/person.ts';
import type { PrivateCitus } from './private-citus.ts';

export interface Owner {
  person: Person;
  conversation: string;
  /** Of the machine that holds their rows. */
  port: number;
}

/** So many users with a conversation each, or more: until two machines hold `each` of them at least. */
export async function createOwners(
  citus: PrivateCitus,
  baseUrl: string,
  { count, each = 1 }: { count: number; each?: number },
): Promise<Owner[]> {
  const owners: Owner[] = [];
  const ports = citus.workers.map(({ url }) => Number(new URL(url).port));
  const isFew = (port: number) => owners.filter((one) => one.port === port).length < each;
  while (owners.length < count || ports.some(isFew)) {
    const person = await newPerson(baseUrl);
    const conversation = await newConversation(person);
    owners.push({ person, conversation, port: await portOf(citus, person) });
  }
  return owners;
}

async function portOf(citus: PrivateCitus, person: Person): Promise<number> {
  const [row] = await citus.query(
    `SELECT DISTINCT nodeport FROM citus_shards
     WHERE shardid = get_shard_id_for_distribution_column('conversations', '${person.id}'::uuid)`,
  );
  return Number(row?.['nodeport']);
}

/** The status with which another server shows the owner's conversation. */
export async function openedAt(baseUrl: string, { person, conversation }: Owner): Promise<number> {
  const there = personOf(baseUrl, person.token, person);
  return (await there.fetch(`/conversations/${conversation}`)).status;
}
