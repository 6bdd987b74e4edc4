import type { Scenario } from './scenario.ts';
import { ambiguousCommit } from './scenarios/ambiguous-commit.ts';
import { isolation } from './scenarios/isolation.ts';
import { nthFailure } from './scenarios/nth-failure.ts';
import { kill } from './scenarios/kill.ts';

/** Everything that is done to the product, in the order of a full run. */
export const scenarios: readonly Scenario[] = [kill, isolation, nthFailure, ambiguousCommit];
