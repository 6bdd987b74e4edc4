import type { BlobStore } from './blob-store.ts';
import type { BlobsConfig } from './bucket-config.ts';
import { createDiskStore } from './disk-store.ts';

/** The store that the settings name. @throws Error with a sentence when it cannot be used */
export async function openBlobStore(config: BlobsConfig, dataDir: string): Promise<BlobStore> {
  if (config.kind === 'disk') return createDiskStore(dataDir);
  // Most installations need none of it.
  const { createBucketStore } = await import('./bucket-store.ts');
  return createBucketStore(config, dataDir);
}
