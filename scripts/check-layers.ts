/** `node scripts/check-layers.ts`: the import rules of ARCHITECTURE.md, each violation with file and line. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { findCycles, type Graph } from './find-cycles.ts';
import { readSources, type SourceFile } from './source-graph.ts';

export interface Violation {
  path: string;
  line: number;
  reason: string;
}

// Top to bottom. A module imports from its own row or from a row below it, never from one above.
export const LAYERS = [
  ['main', 'cli'],
  ['app'],
  ['config'],
  ['http', 'backup', 'doctor'],
  ['templates', 'answers', 'changes', 'search', 'sharing', 'exchange'],
  ['retrieval'],
  ['documents'],
  ['conversations'],
  ['identity'],
  ['work', 'db', 'files', 'models', 'formats', 'mail'],
  ['indexing', 'limits', 'telemetry'],
  ['errors', 'version'],
];

// What the parts outside the server may import besides packages; tests and tools see everything but the web app.
const PARTS: Record<string, string[]> = {
  contract: ['contract'],
  client: ['client', 'contract'],
  web: ['web', 'client', 'contract'],
  src: ['src', 'client', 'contract'],
};
const TOOLS = ['test', 'scripts', 'bench', 'eval', 'examples', 'torture'];

const PACKAGE_RULES = [
  {
    packages: /^(prom-client|@opentelemetry\/)/,
    allowed: /^src\/(telemetry\/|http\/tracing\.ts$)/,
    where: 'src/telemetry',
  },
  { packages: /^(fastify$|fastify-|@fastify\/)/, allowed: /^src\/http\//, where: 'src/http' },
  {
    packages: /^drizzle-orm($|\/)/,
    allowed: /^src\/(db|work)\/|^src\/.*(\/|-)store\.ts$/,
    where: 'src/db, src/work and store.ts files',
  },
];
// What makes authority out of a bare row, and the files that may: each has had the row proved by the database.
const AUTHORITY_RULES = [
  {
    pattern: /\bUserScope\b.*\bgrant\b|\bgrant\b.*\bUserScope\b/,
    what: 'UserScope.grant',
    callers: [
      'src/answers/lease-store.ts',
      'src/doctor/segments-check.ts',
      'src/documents/purge-conversations.ts',
      'src/documents/work-scope.ts',
      'src/identity/authenticate.ts',
      'src/identity/forget-old-people.ts',
      'src/identity/issue-session.ts',
      'src/identity/login.ts',
      'src/identity/provide-account.ts',
      'src/identity/people/delete-person.ts',
      'src/identity/people/forgot-password.ts',
      'src/identity/people/set-password.ts',
      'src/identity/refresh.ts',
      'src/identity/register.ts',
      'src/identity/user-scope.ts',
      'src/search/index-store.ts',
      'src/sharing/open-link.ts',
    ],
  },
  {
    pattern: /\bofOperator\b/,
    what: 'AdminScope.ofOperator',
    callers: ['src/identity/admin-scope.ts', 'src/identity/oversee.ts', 'src/identity/people/operate.ts'],
  },
  {
    pattern: /\bofOwnRow\b/,
    what: 'ConversationScope.ofOwnRow',
    callers: [
      'src/answers/lease-store.ts',
      'src/conversations/chat-binding-store.ts',
      'src/conversations/scope.ts',
      'src/documents/delete-documents.ts',
      'src/documents/purge-conversations.ts',
      'src/documents/retire-conversations.ts',
      'src/documents/transfer-documents.ts',
      'src/documents/work-scope.ts',
      'src/http/scopes.ts',
      'src/templates/templates.ts',
      'src/exchange/import/import-store.ts',
      'src/exchange/redis/migration-store.ts',
      'src/sharing/open-link.ts',
      'src/exchange/zip.ts',
    ],
  },
  {
    pattern: /\.bin\(/,
    what: 'ConversationScope.bin',
    callers: ['src/documents/bin-store.ts', 'src/documents/restore-document.ts'],
  },
];
// The only reader of the environment. Whatever is below it may name the types of its settings, which reach it
// as arguments, but not call it.
const ENVIRONMENT_READER = 'src/config.ts';

/** Checks every source file below `root` and returns what breaks a rule, in the order of the files. */
export function checkLayers(root: string): Violation[] {
  const folders = [...Object.keys(PARTS), ...TOOLS].filter((folder) => existsSync(join(root, folder)));
  const sources = readSources(root, folders);
  return [
    ...sources.flatMap((source) => [...partsOf(source), ...layersOf(source), ...packagesOf(source)]),
    ...sources.flatMap(environmentOf),
    ...sources.flatMap((source) => authorityOf(root, source)),
    ...fileCycles(sources),
    ...moduleCycles(sources),
  ];
}

function partsOf(source: SourceFile): Violation[] {
  const part = source.path.split('/')[0]!;
  return source.references.flatMap(({ target, line }) => {
    const other = target?.split('/')[0];
    if (other === undefined || other === part) return [];
    // The web app's own tests are the one place outside it that may look inside.
    const allowed = PARTS[part]?.includes(other) ?? (other !== 'web' || source.path.startsWith('test/web/'));
    return allowed
      ? []
      : [{ path: source.path, line, reason: `${part} must not import ${other} (${target})` }];
  });
}

function layersOf(source: SourceFile): Violation[] {
  const from = moduleOf(source.path);
  if (from === undefined) return [];
  if (rowOf(from) === -1) {
    return [{ path: source.path, line: 1, reason: `src/${from} has no row in the layer table` }];
  }
  return source.references.flatMap(({ target, typeOnly, line }) => {
    const to = target && moduleOf(target);
    if (typeOnly && target === ENVIRONMENT_READER) return [];
    if (to === undefined || to === '' || rowOf(to) === -1 || rowOf(to) >= rowOf(from)) return [];
    return [
      { path: source.path, line, reason: `${from} must not import ${to}, which is above it (${target})` },
    ];
  });
}

function packagesOf(source: SourceFile): Violation[] {
  if (!source.path.startsWith('src/') || source.path.endsWith('.test.ts')) return [];
  return source.references.flatMap(({ specifier, line }) =>
    PACKAGE_RULES.filter((rule) => rule.packages.test(specifier) && !rule.allowed.test(source.path)).map(
      (rule) => ({
        path: source.path,
        line,
        reason: `${specifier} is imported in ${rule.where} only`,
      }),
    ),
  );
}

function environmentOf(source: SourceFile): Violation[] {
  if (!/^(src|contract|client)\//.test(source.path) || source.path === ENVIRONMENT_READER) return [];
  return source.environmentReads.map((line) => ({
    path: source.path,
    line,
    reason: `process.env is read in ${ENVIRONMENT_READER} only`,
  }));
}

/** Every caller of what makes authority is on its list. */
function authorityOf(root: string, { path }: SourceFile): Violation[] {
  if (!path.startsWith('src/')) return [];
  const rules = AUTHORITY_RULES.filter(({ callers }) => !callers.includes(path));
  const lines = readFileSync(join(root, path), 'utf8').split('\n');
  return lines.flatMap((text, at) =>
    rules
      .filter(({ pattern }) => pattern.test(text))
      .map(({ what }) => ({
        path,
        line: at + 1,
        reason: `${what} has a list of callers (scripts/check-layers.ts), and this is none`,
      })),
  );
}

/** Cycles of imports, of types too: two files that name each other's types cannot be read one after the other. */
function fileCycles(sources: SourceFile[]): Violation[] {
  const targetsOf = ({ references }: SourceFile) =>
    references.flatMap(({ target }) => (target === undefined ? [] : [target]));
  const graph: Graph = new Map(sources.map((source) => [source.path, targetsOf(source)]));
  return findCycles(graph).map((cycle) => ({
    path: cycle[0]!,
    line: lineOf(sources, cycle[0]!, (target) => target === (cycle[1] ?? cycle[0])),
    reason: `import cycle: ${[...cycle, cycle[0]].join(' → ')}`,
  }));
}

/** Cycles between modules of one row, such as work → db → work, even when no two files import each other. */
function moduleCycles(sources: SourceFile[]): Violation[] {
  const graph = new Map<string, Set<string>>();
  const witness = new Map<string, { path: string; line: number }>();
  for (const { path, references } of sources) {
    const from = moduleOf(path);
    if (from === undefined || rowOf(from) === -1) continue;
    const edges = graph.get(from) ?? new Set<string>();
    graph.set(from, edges);
    for (const { target, line } of references) {
      const to = target && moduleOf(target);
      if (!to || to === from || rowOf(to) !== rowOf(from)) continue;
      edges.add(to);
      witness.set(`${from} ${to}`, { path, line });
    }
  }
  return findCycles(graph).map((cycle) => ({
    ...witness.get(`${cycle[0]} ${cycle[1]}`)!,
    reason: `module cycle: ${[...cycle, cycle[0]].join(' → ')}`,
  }));
}

/** `src/db/client.ts` is of module `db`, `src/app.ts` of `app`; a file outside `src` is of none. */
function moduleOf(path: string): string | undefined {
  const [part, name] = path.split('/');
  return part === 'src' ? name?.replace(/(\.test)?\.ts$/, '') : undefined;
}

function rowOf(module: string): number {
  return LAYERS.findIndex((row) => row.includes(module));
}

function lineOf(
  sources: SourceFile[],
  path: string,
  matches: (target: string | undefined) => boolean,
): number {
  const source = sources.find((candidate) => candidate.path === path);
  return source?.references.find(({ target }) => matches(target))?.line ?? 1;
}

if (import.meta.main) {
  const violations = checkLayers(resolve(import.meta.dirname, '..'));
  for (const { path, line, reason } of violations) console.error(`${path}:${line}: ${reason}`);
  console.log(violations.length === 0 ? 'Imports follow the layers.' : `${violations.length} violations.`);
  process.exitCode = violations.length === 0 ? 0 : 1;
}
