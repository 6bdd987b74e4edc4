/** The cache where the worker puts what was shared; see static/_app/share-worker.js. */
export const sharedShelf = 'alcove-shared';

/** What was shared and not taken is not for whoever signs in next. */
export async function forgetSharedFiles(): Promise<void> {
  if ('caches' in globalThis) await caches.delete(sharedShelf);
}
