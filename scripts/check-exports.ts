/** `node scripts/check-exports.ts`: exports of the product that no other file imports, each with file and line. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Module, readModules } from './find-exports.ts';

export interface DeadExport {
  path: string;
  line: number;
  name: string;
}

/** Where exports must have a reader; the other folders only read. */
const product = /^(src|contract|client|web)\//;
const folders = ['src', 'contract', 'client', 'web', 'test', 'scripts', 'bench', 'eval', 'examples'];

/** Read from outside: the client's own callers, drizzle-kit, SvelteKit and Vite. */
const entries = [
  /^client\/src\/index\.ts$/,
  /^src\/db\/schema\.ts$/,
  /^web\/src\/routes\//,
  /^web\/vite\.config\.ts$/,
];

/** In the order of the files. */
export function findDeadExports(root: string): DeadExport[] {
  const modules = readModules(
    root,
    folders.filter((folder) => existsSync(join(root, folder))),
  );
  const used = usedNames(modules);
  return modules
    .filter(({ path }) => product.test(path) && !entries.some((entry) => entry.test(path)))
    .flatMap(({ path, exports }) => {
      const names = used.get(path);
      return exports
        .filter(({ name, isOfSignature }) => !isOfSignature && !names?.has(name) && !names?.has('*'))
        .map(({ name, line }) => ({ path, line, name }));
    });
}

/** Names that are imported of each file; an import of a file that passes others on counts for these too. */
function usedNames(modules: readonly Module[]): Map<string, Set<string>> {
  const passedOn = new Map(modules.map((module) => [module.path, module.passedOn]));
  const used = new Map<string, Set<string>>();
  const use = (target: string, names: readonly string[]): void => {
    const known = used.get(target) ?? new Set<string>();
    used.set(target, known);
    const fresh = names.filter((name) => !known.has(name));
    if (fresh.length === 0) return;
    for (const name of fresh) known.add(name);
    for (const next of passedOn.get(target) ?? []) use(next, fresh);
  };
  for (const { imports } of modules) for (const { target, names } of imports) use(target, names);
  return used;
}

if (import.meta.main) {
  const dead = findDeadExports(resolve(import.meta.dirname, '..'));
  for (const { path, line, name } of dead) console.error(`${path}:${line}: nothing imports ${name}`);
  console.log(dead.length === 0 ? 'Every export has a reader.' : `${dead.length} exports without a reader.`);
  process.exitCode = dead.length === 0 ? 0 : 1;
}
