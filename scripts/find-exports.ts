import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';

export interface Exported {
  name: string;
  line: number;
  /** An interface or a type that its own file names elsewhere: part of the signature of something. */
  isOfSignature: boolean;
}

export interface Imported {
  /** The project file it names, relative to the root. */
  target: string;
  /** `*` stands for all of them: a namespace, or `import()`, whose names only the program knows. */
  names: string[];
}

export interface Module {
  /** Relative to the root, with forward slashes. */
  path: string;
  exports: Exported[];
  imports: Imported[];
  /** Files whose exports are all passed on by `export *`. */
  passedOn: string[];
}

const workspaces: Record<string, string> = {
  '@alcove/contract': 'contract/src/index.ts',
  '@alcove/client': 'client/src/index.ts',
};
const skippedFolders = new Set(['node_modules', 'build', '.svelte-kit', 'dist', 'fixtures']);

/** What every TypeScript and Svelte file below the folders of `root` exports and imports by name. */
export function readModules(root: string, folders: readonly string[]): Module[] {
  return folders.flatMap((folder) => listFiles(root, folder)).map((path) => readModule(root, path));
}

function listFiles(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory()) return skippedFolders.has(entry.name) ? [] : listFiles(root, path);
    return /\.(ts|mts|js|mjs|svelte)$/.test(entry.name) && !entry.name.endsWith('.d.ts') ? [path] : [];
  });
}

function readModule(root: string, path: string): Module {
  const source = readFileSync(join(root, path), 'utf8');
  const text = path.endsWith('.svelte') ? scriptsOf(source) : source;
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, false, ts.ScriptKind.TS);
  const module: Module = { path, exports: [], imports: [], passedOn: [] };
  const add = (specifier: ts.Node | undefined, names: string[]): void => {
    const target = targetOf(path, specifier);
    if (target !== undefined) module.imports.push({ target, names });
  };
  const mentions = new Map<string, number>();
  const visit = (node: ts.Node): void => {
    const line = tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
    if (ts.isIdentifier(node)) mentions.set(node.text, (mentions.get(node.text) ?? 0) + 1);
    for (const name of exportedNames(node)) {
      const isType = ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node);
      module.exports.push({ name, line, isOfSignature: isType });
    }
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, importedNames(node.importClause));
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
      const target = targetOf(path, node.moduleSpecifier);
      if (node.exportClause === undefined && target !== undefined) module.passedOn.push(target);
      else add(node.moduleSpecifier, reexportedNames(node.exportClause));
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      add(node.argument.literal, [firstOf(node.qualifier)]);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], ['*']);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  for (const one of module.exports) one.isOfSignature &&= (mentions.get(one.name) ?? 0) > 1;
  return module;
}

/** The code of a component, without its markup. */
function scriptsOf(source: string): string {
  const parts: string[] = [];
  for (let at = source.indexOf('<script'); at >= 0; at = source.indexOf('<script', at + 1)) {
    const start = source.indexOf('>', at) + 1;
    parts.push(source.slice(start, source.indexOf('</script>', start)));
  }
  return parts.join('\n');
}

function exportedNames(node: ts.Node): string[] {
  if (ts.isExportDeclaration(node) && node.exportClause && ts.isNamedExports(node.exportClause))
    return node.exportClause.elements.map((element) => element.name.text);
  const isExported =
    ts.canHaveModifiers(node) &&
    ts.getModifiers(node)?.some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword) === true;
  if (!isExported) return [];
  if (ts.isVariableStatement(node))
    return node.declarationList.declarations.flatMap(({ name }) =>
      ts.isIdentifier(name) ? [name.text] : [],
    );
  const isNamed =
    ts.isFunctionDeclaration(node) ||
    ts.isClassDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isEnumDeclaration(node);
  return isNamed && node.name !== undefined ? [node.name.text] : [];
}

function importedNames(clause: ts.ImportClause | undefined): string[] {
  const bindings = clause?.namedBindings;
  if (bindings === undefined) return [];
  if (ts.isNamespaceImport(bindings)) return ['*'];
  return bindings.elements.map((element) => (element.propertyName ?? element.name).text);
}

function reexportedNames(clause: ts.NamedExportBindings | undefined): string[] {
  if (clause === undefined || ts.isNamespaceExport(clause)) return ['*'];
  return clause.elements.map((element) => (element.propertyName ?? element.name).text);
}

function firstOf(qualifier: ts.EntityName | undefined): string {
  if (qualifier === undefined) return '*';
  return ts.isIdentifier(qualifier) ? qualifier.text : firstOf(qualifier.left);
}

function targetOf(path: string, node: ts.Node | undefined): string | undefined {
  if (node === undefined || !ts.isStringLiteralLike(node)) return undefined;
  const specifier = node.text;
  if (specifier.startsWith('#lib/')) return `web/src/lib/${specifier.slice('#lib/'.length)}`;
  if (specifier.startsWith('.')) return posix.normalize(posix.join(posix.dirname(path), specifier));
  return workspaces[specifier];
}
