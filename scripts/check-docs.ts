/** `node scripts/check-docs.ts`: every relative link, anchor and npm script that a Markdown file names exists. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { readMarkdown, type MarkdownPage } from './read-markdown.ts';

export interface BrokenMention {
  path: string;
  line: number;
  reason: string;
}

const SKIPPED_FOLDERS = new Set([
  'node_modules',
  '.git',
  '.svelte-kit',
  'build',
  'data',
  '.data',
  'fixtures',
  'coverage',
]);
// `npm start` and `npm test` are scripts too; a workspace may follow: `npm run check -w web`.
const NPM_SCRIPT = /\bnpm (?:run ([\w:.-]+)|(start|test)\b)((?: -w [\w@/-]+)?)/g;

/** Checks every Markdown file below `root`, which holds the package.json that scripts are looked up in. */
export function checkDocs(root: string): BrokenMention[] {
  const pages = new Map<string, MarkdownPage>();
  const pageOf = (path: string): MarkdownPage => {
    const page = pages.get(path) ?? readMarkdown(readFileSync(path, 'utf8'));
    pages.set(path, page);
    return page;
  };
  return listPages(root).flatMap((path) => {
    const report = (line: number, reason: string) => ({ path: relative(root, path), line, reason });
    const links = pageOf(path).links.flatMap(({ target, line }) => {
      const reason = brokenLink(root, path, target, pageOf);
      return reason ? [report(line, reason)] : [];
    });
    const scripts = missingScripts(root, readFileSync(path, 'utf8')).map(({ line, reason }) =>
      report(line, reason),
    );
    return [...links, ...scripts];
  });
}

function listPages(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED_FOLDERS.has(entry.name) ? [] : listPages(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

function brokenLink(
  root: string,
  from: string,
  target: string,
  pageOf: (path: string) => MarkdownPage,
): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(target) || target.startsWith('//')) return undefined;
  const [file = '', anchor] = decodeURIComponent(target).split('#');
  const path = file === '' ? from : file.startsWith('/') ? join(root, file) : resolve(dirname(from), file);
  if (!existsSync(path)) return `no such file: ${target}`;
  if (!anchor || !path.endsWith('.md') || statSync(path).isDirectory()) return undefined;
  return pageOf(path).anchors.has(anchor) ? undefined : `no such heading: ${target}`;
}

function missingScripts(root: string, text: string): { line: number; reason: string }[] {
  return text.split('\n').flatMap((line, index) =>
    [...line.matchAll(NPM_SCRIPT)].flatMap(([mention, run, direct, workspace]) => {
      const folder = workspace ? join(root, workspace.replace(' -w ', '').replace('@alcove/', '')) : root;
      const known = scriptsOf(folder);
      return known.has(run ?? direct!) ? [] : [{ line: index + 1, reason: `no such script: ${mention}` }];
    }),
  );
}

function scriptsOf(folder: string): Set<string> {
  const path = join(folder, 'package.json');
  if (!existsSync(path)) return new Set();
  const { scripts } = JSON.parse(readFileSync(path, 'utf8')) as { scripts?: Record<string, string> };
  return new Set(Object.keys(scripts ?? {}));
}

if (import.meta.main) {
  const broken = checkDocs(resolve(import.meta.dirname, '..'));
  for (const { path, line, reason } of broken) console.error(`${path}:${line}: ${reason}`);
  console.log(
    broken.length === 0 ? 'Links and commands of the documents exist.' : `${broken.length} broken.`,
  );
  process.exitCode = broken.length === 0 ? 0 : 1;
}
