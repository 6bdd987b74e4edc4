import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import ts from 'typescript';

/** Stands in a shape where a value stands that only a running program knows. */
export const valueMark = '\uE000';
/** Stands in a shape where the sentence of another error stands. */
export const sentenceMark = '\uE001';

/** Source files with their names resolved, and what is called where; packages are left alone. */
export interface Sources {
  files: readonly ts.SourceFile[];
  checker: ts.TypeChecker;
  calls: ReadonlyMap<ts.Symbol, ts.CallExpression[]>;
  /** Calls of methods, by file and name: whose they are is not known. */
  methodCalls: ReadonlyMap<string, ts.CallExpression[]>;
}

const root = join(import.meta.dirname, '../../..');

/** @param folders from the root of the repository */
export function readSources(folders: readonly string[], isLeftOut: (path: string) => boolean): Sources {
  const paths = folders
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) =>
        join(folder, path),
      ),
    )
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && !isLeftOut(path))
    .map((path) => join(root, path));
  const program = ts.createProgram(
    paths,
    { noLib: true, types: [], allowImportingTsExtensions: true },
    hostOf(),
  );
  const checker = program.getTypeChecker();
  const known = new Set(paths);
  const files = program.getSourceFiles().filter(({ fileName }) => known.has(fileName));
  const calls = new Map<ts.Symbol, ts.CallExpression[]>();
  const methodCalls = new Map<string, ts.CallExpression[]>();
  for (const file of files)
    eachNode(file, (node) => {
      if (!ts.isCallExpression(node)) return;
      if (ts.isIdentifier(node.expression)) {
        const symbol = symbolOf(node.expression, checker);
        if (symbol !== undefined) calls.set(symbol, [...(calls.get(symbol) ?? []), node]);
      }
      if (ts.isPropertyAccessExpression(node.expression)) {
        const key = `${file.fileName} ${node.expression.name.text}`;
        methodCalls.set(key, [...(methodCalls.get(key) ?? []), node]);
      }
    });
  return { files, checker, calls, methodCalls };
}

/** Path from the root of the repository, and line. */
export function placeOf(node: ts.Node): string {
  const file = node.getSourceFile();
  const { line } = file.getLineAndCharacterOfPosition(node.getStart());
  return `${file.fileName.slice(root.length + 1)}:${line + 1}`;
}

export function eachNode(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => eachNode(child, visit));
}

/** Reads files as they are, and follows relative imports alone. */
function hostOf(): ts.CompilerHost {
  const parsed = new Map<string, ts.SourceFile>();
  return {
    getSourceFile(path) {
      const known = parsed.get(path);
      if (known !== undefined || !existsSync(path)) return known;
      const file = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
      parsed.set(path, file);
      return file;
    },
    resolveModuleNameLiterals: (names, from) =>
      names.map(({ text }) => {
        const path = resolve(dirname(from), text);
        const resolvedModule =
          text.startsWith('.') && path.endsWith('.ts') && existsSync(path)
            ? { resolvedFileName: path, extension: ts.Extension.Ts, isExternalLibraryImport: false }
            : undefined;
        return { resolvedModule };
      }),
    getDefaultLibFileName: () => 'lib.d.ts',
    writeFile: () => {},
    getCurrentDirectory: () => root,
    getCanonicalFileName: (path) => path,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => '\n',
    fileExists: existsSync,
    readFile: (path) => readFileSync(path, 'utf8'),
  };
}

function symbolOf(name: ts.Node, checker: ts.TypeChecker): ts.Symbol | undefined {
  const symbol = ts.isShorthandPropertyAssignment(name.parent)
    ? checker.getShorthandAssignmentValueSymbol(name.parent)
    : checker.getSymbolAtLocation(name);
  return symbol !== undefined && symbol.flags & ts.SymbolFlags.Alias
    ? checker.getAliasedSymbol(symbol)
    : symbol;
}

const deepest = 12;
/** Nothing that people read comes in so many forms. */
const mostShapes = 200;
const keepsText = new Set(['slice', 'trim', 'trimEnd', 'toWellFormed']);

/**
 * The texts that an expression can be, with marks where values stand: branches, constants, tables, what functions
 * return and what their callers give them. Null and undefined are no text.
 */
export function shapesOf(node: ts.Node, sources: Sources, depth = 0): string[] {
  if (depth > deepest) return [valueMark];
  const around = ts.findAncestor(node, (one) => ts.isFunctionDeclaration(one) || ts.isMethodDeclaration(one));
  // What one caller gives belongs together.
  const given = around === undefined ? [] : callsOf(around, sources).map((call) => givenBy(call, around));
  const readings = given.length === 0 ? [new Map<ts.Node, ts.Expression>()] : given;
  return [...new Set(readings.flatMap((one) => textsOf(node, { sources, given: one, depth })))];
}

interface Reading {
  sources: Sources;
  /** What the parameters stand for. */
  given: ReadonlyMap<ts.Node, ts.Expression>;
  depth: number;
}

function givenBy(
  { arguments: values }: ts.CallExpression,
  { parameters }: ts.SignatureDeclaration,
): Map<ts.Node, ts.Expression> {
  return new Map(
    parameters.flatMap((parameter, at) => (values[at] === undefined ? [] : [[parameter, values[at]]])),
  );
}

function textsOf(node: ts.Node, { sources, given, depth }: Reading): string[] {
  if (depth > deepest) return [valueMark];
  const texts = [...new Set(read(node, { sources, given, depth: depth + 1 }))];
  if (texts.length > mostShapes) return [valueMark];
  return texts.length === 1 && texts[0] === valueMark ? namesOf(node, sources) : texts;
}

/** Of a type that lists its texts: those; else any value. */
function namesOf(node: ts.Node, { checker }: Sources): string[] {
  const type = checker.getTypeAtLocation(node);
  const parts = type.isUnion() ? type.types : [type];
  return parts.every((part) => part.isStringLiteral()) ? parts.map(({ value }) => value) : [valueMark];
}

function read(node: ts.Node, reading: Reading): string[] {
  const of = (inner: ts.Node): string[] => textsOf(inner, reading);
  if (ts.isStringLiteralLike(node) || ts.isNumericLiteral(node))
    return [node.text.replaceAll('_', (mark) => (ts.isNumericLiteral(node) ? '' : mark))];
  if (node.kind === ts.SyntaxKind.NullKeyword) return [];
  if (ts.isTemplateExpression(node))
    return node.templateSpans.reduce(
      (before, { expression, literal }) => joined(joined(before, partOf(of(expression))), [literal.text]),
      [node.head.text],
    );
  if (
    ts.isParenthesizedExpression(node) ||
    ts.isAsExpression(node) ||
    ts.isNonNullExpression(node) ||
    ts.isSatisfiesExpression(node) ||
    ts.isAwaitExpression(node) ||
    ts.isSpreadElement(node)
  )
    return of(node.expression);
  if (ts.isConditionalExpression(node)) return [...of(node.whenTrue), ...of(node.whenFalse)];
  if (ts.isBinaryExpression(node)) {
    const { kind } = node.operatorToken;
    if (kind === ts.SyntaxKind.PlusToken) return joined(partOf(of(node.left)), partOf(of(node.right)));
    const isEither = kind === ts.SyntaxKind.QuestionQuestionToken || kind === ts.SyntaxKind.BarBarToken;
    return isEither ? [...of(node.left), ...of(node.right)] : [valueMark];
  }
  if (ts.isArrayLiteralExpression(node)) return node.elements.flatMap(of);
  if (ts.isIdentifier(node)) return node.text === 'undefined' ? [] : ofName(node, reading);
  if (ts.isElementAccessExpression(node)) {
    const values = membersOf(node, reading.sources, reading.depth);
    return values.length === 0 ? [valueMark] : values.flatMap(of);
  }
  if (ts.isPropertyAccessExpression(node))
    return [['message', 'plain'].includes(node.name.text) ? sentenceMark : valueMark];
  if (ts.isCallExpression(node)) return ofCall(node, reading);
  return [valueMark];
}

/** Inside a text, what is no text leaves a gap all the same. */
function partOf(shapes: string[]): string[] {
  return shapes.length === 0 ? [valueMark] : shapes;
}

function joined(left: string[], right: string[]): string[] {
  return left.flatMap((before) => right.map((after) => before + after));
}

function ofName(name: ts.Identifier, reading: Reading): string[] {
  const [declared] = symbolOf(name, reading.sources.checker)?.declarations ?? [];
  if (declared === undefined) return [valueMark];
  if (ts.isVariableDeclaration(declared) && declared.initializer !== undefined) {
    const isConstant = (ts.getCombinedNodeFlags(declared) & ts.NodeFlags.Const) !== 0;
    return isConstant ? textsOf(declared.initializer, reading) : [valueMark];
  }
  if (!ts.isParameter(declared) || !ts.isIdentifier(declared.name)) return [valueMark];
  const given = reading.given.get(declared);
  // Where it was given, other names mean other things.
  return given === undefined ? [valueMark] : shapesOf(given, reading.sources, reading.depth + 1);
}

function callsOf(
  declared: ts.SignatureDeclaration,
  { checker, calls, methodCalls }: Sources,
): ts.CallExpression[] {
  if (declared.name === undefined) return [];
  if (ts.isFunctionDeclaration(declared))
    return calls.get(symbolOf(declared.name, checker) as ts.Symbol) ?? [];
  return methodCalls.get(`${declared.getSourceFile().fileName} ${declared.name.getText()}`) ?? [];
}

function ofCall(call: ts.CallExpression, reading: Reading): string[] {
  const { sources, depth } = reading;
  if (ts.isPropertyAccessExpression(call.expression) && keepsText.has(call.expression.name.text)) {
    const texts = textsOf(call.expression.expression, reading);
    return call.expression.name.text.startsWith('trim') ? texts.map((text) => text.trimEnd()) : texts;
  }
  const [declared] = ts.isIdentifier(call.expression)
    ? (symbolOf(call.expression, sources.checker)?.declarations ?? [])
    : [];
  if (declared === undefined || !ts.isFunctionDeclaration(declared)) return [valueMark];
  const given = givenBy(call, declared);
  const texts = returnsOf(declared).flatMap((one) => textsOf(one, { sources, given, depth }));
  // What can be anything is a value, such as a name.
  return texts.some((text) => !hasWords(text)) ? [valueMark] : texts;
}

export function hasWords(shape: string): boolean {
  return /\p{L}{2}/u.test(shape);
}

/** What a function returns, without what functions inside it do. */
export function returnsOf({ body }: ts.FunctionDeclaration): ts.Expression[] {
  const found: ts.Expression[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node)) return;
    if (ts.isReturnStatement(node) && node.expression !== undefined) found.push(node.expression);
    ts.forEachChild(node, visit);
  };
  if (body !== undefined) ts.forEachChild(body, visit);
  return found;
}

/** The values that an index may choose from a table that stands in the source. */
function membersOf(node: ts.ElementAccessExpression, sources: Sources, depth: number): ts.Node[] {
  return tablesOf(node.expression, sources, depth).flatMap((table) => {
    if (ts.isObjectLiteralExpression(table))
      return table.properties.flatMap((one) => (ts.isPropertyAssignment(one) ? [one.initializer] : []));
    const index = ts.isNumericLiteral(node.argumentExpression) ? Number(node.argumentExpression.text) : null;
    return index === null ? [...table.elements] : [table.elements[index] ?? []].flat();
  });
}

type Table = ts.ObjectLiteralExpression | ts.ArrayLiteralExpression;

function tablesOf(node: ts.Node, sources: Sources, depth: number): Table[] {
  if (depth > deepest) return [];
  const of = (inner: ts.Node): Table[] => tablesOf(inner, sources, depth + 1);
  if (ts.isObjectLiteralExpression(node) || ts.isArrayLiteralExpression(node)) return [node];
  if (ts.isConditionalExpression(node)) return [...of(node.whenTrue), ...of(node.whenFalse)];
  if (ts.isElementAccessExpression(node)) return membersOf(node, sources, depth).flatMap(of);
  if (!ts.isIdentifier(node)) return [];
  const [declared] = symbolOf(node, sources.checker)?.declarations ?? [];
  return declared !== undefined && ts.isVariableDeclaration(declared) && declared.initializer !== undefined
    ? of(declared.initializer)
    : [];
}
