import type { Provider } from '../../../test/support/provider.ts';
import type { DatabaseKind } from '../../scenario.ts';
import type { AppHere } from '../app-here.ts';
import { bucketFaultNames } from './bucket.ts';
import { clockFaultNames } from './clock.ts';
import { databaseFaultNames, databaseFaults } from './database.ts';
import type { Fault } from './fault.ts';
import { fileFaultNames, fileFaults } from './files.ts';
import { providerFault } from './provider.ts';

/** What fails where originals are on the disk. */
export const diskFaultNames: readonly string[] = [
  ...databaseFaultNames,
  ...fileFaultNames,
  'provider',
  ...clockFaultNames,
];

/** What fails where originals are in a bucket, which receives them from files; the rest fails as above. */
export const bucketGroundFaultNames: readonly string[] = [...bucketFaultNames, ...fileFaultNames];

/** Those that keep a store of originals from its work. */
export function isOfOriginals(name: string): boolean {
  return bucketGroundFaultNames.includes(name);
}

/** Everything around an application that can fail without a place of its own. */
export function faultsAround({ app, config }: AppHere, provider: Provider, database: DatabaseKind): Fault[] {
  return [...databaseFaults(app.db.pool, database), ...fileFaults(config.dataDir), providerFault(provider)];
}
