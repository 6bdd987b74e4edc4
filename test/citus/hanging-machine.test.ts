import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addText } from '../answers/support/asking.ts';
import { until } from '../answers/support/until.ts';
import { createHome, type Home, type ServerProcess } from '../durability/support/server-process.ts';
import { isDistributed } from '../support/database-kind.ts';
import { runCli } from '../support/run-cli.ts';
import { createOwners, openedAt, type Owner } from './support/owners.ts';
import { createCitus, findCitus, type PrivateCitus } from './support/private-citus.ts';
import { saidIn, writeOn } from './support/writers.ts';

const bin = await findCitus();
/** No more than there are users of the machine that hangs: each of them alone could keep one. */
const poolSize = 3;

describe.skipIf(!isDistributed() || bin === null)('a machine that hangs', { timeout: 300_000 }, () => {
  let citus: PrivateCitus;
  let home: Home;
  let server: ServerProcess;
  let owners: Owner[];

  beforeAll(async () => {
    citus = await createCitus(bin ?? '');
    home = await createHome({ DATABASE_URL: citus.url, DATABASE_POOL_SIZE: `${poolSize}` });
    for (const command of [['migrate'], ['distribute', '--shards', '4']])
      expect(await runCli(['db', ...command], home.env)).toMatchObject({ code: 0 });
    server = await home.start();
    owners = await createOwners(citus, server.baseUrl, { count: 2 * poolSize, each: poolSize });
  }, 300_000);
  afterAll(async () => {
    await home?.close();
    await citus?.remove();
  });

  test('is told to its own users at once, holds nobody else up, and loses nothing', async () => {
    const [worker] = citus.workers;
    const port = Number(new URL(worker?.url ?? '').port);
    const [away, there] = [
      owners.filter((one) => one.port === port),
      owners.filter((one) => one.port !== port),
    ];
    const writers = owners.map(({ person, conversation }) => writeOn(person, conversation));
    const by = (some: Owner[]) => writers.filter((_, at) => some.includes(owners[at] as Owner));
    const grown = (some: Owner[]) => {
      const before = by(some).map(({ said }) => said.length);
      return () => by(some).every(({ said }, at) => said.length > (before[at] ?? 0) + 3);
    };
    await until('all write', grown(owners));
    await worker?.freeze();
    await until('its users are refused', () => by(away).every(({ refused }) => refused.length > 2), 60_000);
    await until('the others write on', grown(there), 60_000);
    for (const { person, conversation } of there)
      await addText(person, conversation, 'The night heron held 97 nests.');
    const [one] = away;
    const refusal = await one?.person.fetch(`/conversations/${one.conversation}`);
    expect([refusal?.status, refusal?.headers.has('retry-after')]).toEqual([503, true]);
    expect((await fetch(`${server.baseUrl}/readyz`)).status).toBe(200);
    // A server can be started without it, as for a new version.
    const another = await home.start();
    for (const owner of there) expect(await openedAt(another.baseUrl, owner)).toBe(200);
    await another.end('SIGTERM');
    await worker?.thaw();
    await until('its users write again', grown(away), 60_000);
    for (const writer of writers) await writer.stop();
    // Whoever came before the machine was known to hang may have waited for a connection.
    expect(new Set(writers.flatMap(({ refused }) => refused))).toEqual(new Set([503]));
    for (const [at, { person, conversation }] of owners.entries()) {
      const kept = await saidIn(person, conversation);
      expect(kept).toEqual(expect.arrayContaining(writers[at]?.said ?? []));
      expect(new Set(kept).size).toBe(kept.length);
    }
    if (one) await addText(one.person, one.conversation, 'The heron colony held 412 nests.');
    expect(server.output()).toContain('a machine of the database hangs');
  });
});
