import { forgetSharedFiles, sharedShelf } from './shared-shelf.ts';

const workerUrl = '/_app/share-worker.js';

/** Named by the content security policy; it lets the one worker through. */
const policy = window.trustedTypes?.createPolicy('alcove-share', {
  createScriptURL(url) {
    if (url !== workerUrl) throw new TypeError('There is one worker only.');
    return url;
  },
});

/** Lets phones offer this app where files are shared; browsers know workers on secure addresses only. */
export async function offerSharing(): Promise<void> {
  if (!('serviceWorker' in navigator)) return;
  // TypeScript knows no TrustedScriptURL here; browsers without trusted types get the plain address.
  const url = (policy?.createScriptURL(workerUrl) ?? workerUrl) as string;
  try {
    await navigator.serviceWorker.register(url);
  } catch {
    // Private windows refuse workers: files are chosen or dropped there.
  }
}

/** The files that were shared, which are here once and nowhere after that. */
export async function takeSharedFiles(): Promise<File[]> {
  if (!('caches' in globalThis)) return [];
  const cache = await caches.open(sharedShelf);
  const files = await Promise.all(
    (await cache.keys()).map(async (request) => {
      const response = await cache.match(request);
      const name = decodeURIComponent(response?.headers.get('x-file-name') ?? '');
      const blob = await response?.blob();
      return blob && name !== '' ? [new File([blob], name, { type: blob.type })] : [];
    }),
  );
  await forgetSharedFiles();
  return files.flat();
}
