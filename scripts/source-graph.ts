import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';

export interface Reference {
  /** The specifier as written: `./store.ts`, `fastify`, `@alcove/contract`. */
  specifier: string;
  /** The project file it names, relative to the root; `undefined` for a package. */
  target: string | undefined;
  /** Erased before the program runs: `import type` and a type's `import('x')`. */
  typeOnly: boolean;
  line: number;
}

export interface SourceFile {
  /** Relative to the root, with forward slashes. */
  path: string;
  references: Reference[];
  /** Lines that read `process.env`. */
  environmentReads: number[];
}

// Workspace packages by name: an import of one is an import of its source.
const WORKSPACES: Record<string, string> = {
  '@alcove/contract': 'contract/src/index.ts',
  '@alcove/client': 'client/src/index.ts',
  '@alcove/web': 'web/src/index.ts',
};
const SKIPPED_FOLDERS = new Set(['node_modules', 'build', '.svelte-kit', 'dist', 'fixtures']);

/** Reads every TypeScript file below the given folders of `root`: what it imports and where it reads the environment. */
export function readSources(root: string, folders: string[]): SourceFile[] {
  return folders.flatMap((folder) => listFiles(root, folder)).map((path) => readSource(root, path));
}

function listFiles(root: string, folder: string): string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  return entries.flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED_FOLDERS.has(entry.name) ? [] : listFiles(root, path);
    return /\.(ts|mts|js|mjs)$/.test(entry.name) && !entry.name.endsWith('.d.ts') ? [path] : [];
  });
}

function readSource(root: string, path: string): SourceFile {
  const text = readFileSync(join(root, path), 'utf8');
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, false);
  const lineOf = (node: ts.Node) => tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
  const source: SourceFile = { path, references: [], environmentReads: [] };

  const visit = (node: ts.Node): void => {
    const specifier = specifierOf(node);
    if (specifier !== undefined) {
      const target = targetOf(path, specifier);
      source.references.push({ specifier, target, typeOnly: isTypeOnly(node), line: lineOf(node) });
    }
    if (readsEnvironment(node)) source.environmentReads.push(lineOf(node));
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return source;
}

/** The module named by a static import, a re-export, `import()` or a type's `import('x')`. */
function specifierOf(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return literalText(node.moduleSpecifier);
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
    return literalText(node.argument.literal);
  if (!ts.isCallExpression(node)) return undefined;
  const loads =
    node.expression.kind === ts.SyntaxKind.ImportKeyword ||
    (ts.isIdentifier(node.expression) && node.expression.text === 'require');
  return loads ? literalText(node.arguments[0]) : undefined;
}

function isTypeOnly(node: ts.Node): boolean {
  if (ts.isImportTypeNode(node)) return true;
  if (ts.isExportDeclaration(node)) return node.isTypeOnly;
  return ts.isImportDeclaration(node) && node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
}

function literalText(node: ts.Node | undefined): string | undefined {
  return node && ts.isStringLiteralLike(node) ? node.text : undefined;
}

function targetOf(path: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return posix.normalize(posix.join(posix.dirname(path), specifier));
  return WORKSPACES[specifier];
}

/** `process.env`, `process['env']`, `{ env } = process` and `import { env } from 'node:process'`. */
function readsEnvironment(node: ts.Node): boolean {
  if (ts.isPropertyAccessExpression(node)) return isProcess(node.expression) && node.name.text === 'env';
  if (ts.isElementAccessExpression(node)) {
    return isProcess(node.expression) && literalText(node.argumentExpression) === 'env';
  }
  if (ts.isVariableDeclaration(node)) {
    return node.initializer !== undefined && isProcess(node.initializer) && bindsEnv(node.name);
  }
  if (!ts.isImportDeclaration(node) || !/^(node:)?process$/.test(literalText(node.moduleSpecifier) ?? ''))
    return false;
  const named = node.importClause?.namedBindings;
  return named !== undefined && ts.isNamedImports(named) && named.elements.some(importsEnv);
}

function isProcess(node: ts.Node): boolean {
  return ts.isIdentifier(node) && node.text === 'process';
}

function bindsEnv(name: ts.BindingName): boolean {
  if (!ts.isObjectBindingPattern(name)) return false;
  return name.elements.some((element) => {
    const bound = element.propertyName ?? element.name;
    return ts.isIdentifier(bound) && bound.text === 'env';
  });
}

function importsEnv(element: ts.ImportSpecifier): boolean {
  return (element.propertyName ?? element.name).text === 'env';
}
