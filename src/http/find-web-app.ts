import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const built = fileURLToPath(new URL('../../web/build', import.meta.url));
/** Written by scripts/prepare.mjs when the build has failed. */
const reasonFile = fileURLToPath(new URL('../../build/web-app-missing.txt', import.meta.url));

/** The folder of the built web app; why there is none, or only one of an earlier version. */
export function findWebApp(): { folder: string | null; notice: string | null } {
  const reason = existsSync(reasonFile) ? readFileSync(reasonFile, 'utf8').trim() : null;
  if (existsSync(`${built}/index.html`))
    return {
      folder: built,
      notice: reason === null ? null : `The web app is that of an earlier version: ${reason}.`,
    };
  return {
    folder: null,
    notice: `The web app is not built: ${reason ?? 'npm install builds it'}. The HTTP API works without it.`,
  };
}
