import type { Scenario } from './scenario.ts';
import { ambiguousCommit } from './scenarios/ambiguous-commit.ts';
import { backup } from './scenarios/backup.ts';
import { clocks } from './scenarios/clocks.ts';
import { diskFull } from './scenarios/disk-full.ts';
import { hostileInput } from './scenarios/hostile-input.ts';
import { isolation } from './scenarios/isolation.ts';
import { kill } from './scenarios/kill.ts';
import { nthFailure } from './scenarios/nth-failure.ts';
import { outages } from './scenarios/outages.ts';
import { scale } from './scenarios/scale.ts';
import { streams } from './scenarios/streams.ts';
import { upgrade } from './scenarios/upgrade.ts';

/** Everything that is done to the product, in the order of a full run. */
export const scenarios: readonly Scenario[] = [
  kill,
  isolation,
  nthFailure,
  ambiguousCommit,
  outages,
  clocks,
  diskFull,
  upgrade,
  backup,
  streams,
  scale,
  hostileInput,
];
