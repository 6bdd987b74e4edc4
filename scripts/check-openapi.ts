/**
 * `node scripts/check-openapi.ts [--write]`: compares docs/openapi.json with what the routes say now,
 * so that a change of the API shows in the review of the commit that makes it.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { buildOpenApi } from '../src/http/build-openapi.ts';

const root = resolve(import.meta.dirname, '..');
const committedPath = resolve(root, 'docs/openapi.json');

// Through JSON, so that keys whose value is undefined count as absent on both sides.
const built: unknown = JSON.parse(JSON.stringify(await buildOpenApi()));

if (process.argv.includes('--write')) {
  writeFileSync(committedPath, `${JSON.stringify(built, null, 2)}\n`);
  console.log(`Wrote ${relative(root, committedPath)}.`);
} else {
  const committed: unknown = existsSync(committedPath)
    ? JSON.parse(readFileSync(committedPath, 'utf8'))
    : undefined;
  const differences = listDifferences(committed, built);
  for (const place of differences.slice(0, 20)) console.error(`docs/openapi.json differs at ${place}`);
  if (differences.length > 0) console.error('Write it anew: npm run openapi');
  const unnamed = listUnnamed(built);
  for (const lack of unnamed) console.error(lack);
  const fits = differences.length + unnamed.length === 0;
  if (fits) console.log('docs/openapi.json is what the routes say.');
  process.exitCode = fits ? 0 : 1;
}

/** Operations that a generated client could not name, or that the reference would show without a word. */
function listUnnamed(document: unknown): string[] {
  const { paths } = document as { paths: Record<string, Record<string, Record<string, unknown>>> };
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, operation]) =>
      ['operationId', 'summary', 'description']
        .filter((field) => operation[field] === undefined)
        .map((field) => `${method.toUpperCase()} ${path} has no ${field} in its schema`),
    ),
  );
}

/** JSON pointers of the smallest parts in which the two documents differ. */
function listDifferences(committed: unknown, current: unknown, pointer = ''): string[] {
  if (isDeepStrictEqual(committed, current)) return [];
  if (!isContainer(committed) || !isContainer(current)) return [pointer || '/'];
  const keys = new Set([...Object.keys(committed), ...Object.keys(current)]);
  return [...keys].flatMap((key) => {
    const step = key.replaceAll('~', '~0').replaceAll('/', '~1');
    return listDifferences(committed[key], current[key], `${pointer}/${step}`);
  });
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
