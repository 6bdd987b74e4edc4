import type { Scenario } from './scenario.ts';
import { kill } from './scenarios/kill.ts';

/** Everything that is done to the product, in the order of a full run. */
export const scenarios: readonly Scenario[] = [kill];
