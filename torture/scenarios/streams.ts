import type { Figures, Scenario } from '../scenario.ts';
import { mustEqual } from '../support/claims.ts';
import { runBench } from '../support/run-bench.ts';

/** As many answers at once as a small machine is promised to hold. */
export const streams: Scenario = {
  name: 'streams',
  checks: ['P14'],
  promise: 'A thousand answers at once all come to their end',
  protocol: 'the benchmark of streams: 1,000 answers, 20 events a second each, single questions in between',
  databases: ['postgres'],
  minutes: 4,
  needsQuiet: true,
  async run({ database, serverUrl, scale }) {
    const rows = await runBench('streams', database, serverUrl, ...(scale === 'smoke' ? ['--quick'] : []));
    const complete = rows.find(({ what }) => what === 'complete answers');
    mustEqual('complete answers', complete?.value, scale === 'smoke' ? 200 : 1000);
    return Object.fromEntries(rows.map(({ what, value }) => [what, value])) satisfies Figures;
  },
};
