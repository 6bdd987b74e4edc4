import type { Figures, Scenario } from '../scenario.ts';
import { mustBe, mustEqual } from '../support/claims.ts';
import { runBench } from '../support/run-bench.ts';

/** Readers that take nothing, beside the others. */
const unread = 20;
/** A thousand answers took 395 to 430 MB; a server that kept what waits for each reader would go far beyond. */
const mostMegabytes = 500;
const firstEventMs = 2_000;
const lagMs = 100;

/** As many answers at once as a small machine is promised to hold. */
export const streams: Scenario = {
  name: 'streams',
  checks: ['P14'],
  promise:
    'A thousand answers at once begin within 2 s and all come to their end, also of readers that take nothing, which are let go; the event loop is 100 ms late at most, p99',
  protocol: `the benchmark of streams: 1,000 answers, 20 events a second each, single questions in between, and ${unread} answers that nobody reads`,
  databases: ['postgres'],
  whyAlone: 'the promise is that of PostgreSQL: the embedded database does one statement at a time',
  minutes: 6,
  needsQuiet: true,
  async run({ database, serverUrl, scale }) {
    const quick = scale === 'smoke' ? ['--quick'] : [];
    const rows = await runBench('streams', database, serverUrl, '--unread', String(unread), ...quick);
    const valueOf = (wanted: string): number | undefined => rows.find(({ what }) => what === wanted)?.value;
    const megabytes = valueOf('RSS of the server during, MB') ?? Infinity;
    mustEqual('complete answers', valueOf('complete answers'), scale === 'smoke' ? 200 : 1000);
    mustEqual('readers that were let go', valueOf('readers that take nothing, let go'), unread);
    mustEqual('their whole answers', valueOf('their answers, whole and read again'), unread);
    mustBe(
      megabytes <= mostMegabytes,
      `The server took ${megabytes} MB, which is more than ${mostMegabytes}.`,
    );
    // Of the smoke form most of the time is the start of the processes.
    if (scale === 'full') {
      const [first, lag] = [
        valueOf('slowest first event, ms'),
        valueOf('event loop of the server late by, p99 ms'),
      ];
      mustBe((first ?? Infinity) <= firstEventMs, `The slowest first event came after ${first} ms.`);
      mustBe((lag ?? Infinity) <= lagMs, `The event loop of the server was ${lag} ms late, p99.`);
    }
    return Object.fromEntries(rows.map(({ what, value }) => [what, value])) satisfies Figures;
  },
};
