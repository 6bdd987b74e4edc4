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

describe.skipIf(!isDistributed() || bin === null)('a machine that is lost', { timeout: 300_000 }, () => {
  let citus: PrivateCitus;
  let home: Home;
  let server: ServerProcess;
  let owners: Owner[] = [];

  beforeAll(async () => {
    citus = await createCitus(bin ?? '');
    home = await createHome({ DATABASE_URL: citus.url });
    for (const command of [['migrate'], ['distribute', '--shards', '4']])
      expect(await runCli(['db', ...command], home.env)).toMatchObject({ code: 0 });
    server = await home.start();
    owners = await createOwners(citus, server.baseUrl, { count: 6 });
  }, 300_000);
  afterAll(async () => {
    await home?.close();
    await citus?.remove();
  });

  test('takes its own users along and nobody else, and nothing that was acknowledged', async () => {
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
    await worker?.stop('immediate');
    await until('its users are refused', () => by(away).every(({ refused }) => refused.length > 2), 60_000);
    await until('the others write on', grown(there), 60_000);
    // Their uploads are read meanwhile: each finds its own work, though nobody can look through everybody's.
    for (const { person, conversation } of there)
      await addText(person, conversation, 'The night heron held 97 nests.');
    const [one] = away;
    const refusal = await one?.person.fetch(`/conversations/${one.conversation}`);
    expect([refusal?.status, refusal?.headers.has('retry-after')]).toEqual([503, true]);
    expect((await fetch(`${server.baseUrl}/healthz`)).status).toBe(200);
    // A server can be started without it, as for a new version.
    const another = await home.start();
    for (const owner of there) expect(await openedAt(another.baseUrl, owner)).toBe(200);
    await another.end('SIGTERM');
    await worker?.start();
    await until('its users write again', grown(away), 60_000);
    for (const writer of writers) await writer.stop();
    expect(new Set(by(away).flatMap(({ refused }) => refused))).toEqual(new Set([503]));
    // Whom nothing was away for may each have met a connection that went: told as such, and nothing else.
    for (const { refused } of by(there)) expect([[], [503]]).toContainEqual(refused);
    for (const [at, { person, conversation }] of owners.entries()) {
      const kept = await saidIn(person, conversation);
      expect(kept).toEqual(expect.arrayContaining(writers[at]?.said ?? []));
      expect(new Set(kept).size).toBe(kept.length);
    }
    // Background work goes on too: a document of one who was away is read.
    if (one) await addText(one.person, one.conversation, 'The heron colony held 412 nests.');
  });
});
