import type { Figures, Scenario } from '../scenario.ts';
import { mustBe, mustEqual } from '../support/claims.ts';
import { runBench } from '../support/run-bench.ts';

/** Readers that take nothing, beside the others. */
const unread = 20;
/** A thousand answers took 423 to 512 MB; a server that kept what waits for each reader would go far beyond. */
const mostMegabytes = 640;

/** As many answers at once as a small machine is promised to hold. */
export const streams: Scenario = {
  name: 'streams',
  checks: ['P14'],
  promise:
    'A thousand answers at once all come to their end, also of readers that take nothing, which are let go',
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
    return Object.fromEntries(rows.map(({ what, value }) => [what, value])) satisfies Figures;
  },
};
