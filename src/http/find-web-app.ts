import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const built = fileURLToPath(new URL('../../web/build', import.meta.url));
/** Written by scripts/prepare.mjs when the build has failed. */
const reasonFile = fileURLToPath(new URL('../../build/web-app-missing.txt', import.meta.url));

/** The folder of the built web app, or why there is none. */
export function findWebApp(): { folder: string; notice: null } | { folder: null; notice: string } {
  if (existsSync(`${built}/index.html`)) return { folder: built, notice: null };
  const reason = existsSync(reasonFile) ? readFileSync(reasonFile, 'utf8').trim() : 'npm install builds it';
  return {
    folder: null,
    notice: `The web app is not built: ${reason}. The HTTP API works without it.`,
  };
}
