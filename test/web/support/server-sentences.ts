import ts from 'typescript';
import { eachNode, placeOf, readSources, returnsOf, shapesOf, type Sources } from './text-shapes.ts';

export interface SentenceShape {
  where: string;
  /** With `valueMark` where a value stands, and `sentenceMark` where another sentence does. */
  shape: string;
  /** It is of an error that is made here. */
  isThrown: boolean;
}

/** What nobody meets in a browser: commands, what runs before the server does, and logs. */
const leftOut =
  /^src\/(cli|doctor|backup|telemetry|app|config|models\/install)\/|^src\/(app|config|main|db\/schema|http\/find-web-app|identity\/people\/operate|models\/faults)\.ts/;

/** Functions whose returned text is a sentence for people, and does not go through one of the places below at once. */
const sayers = [
  'contract/src/exchange.ts deletedStay',
  'src/formats/ocr/recogniser.ts findRecogniser',
  'src/http/nearest-name.ts unknownName',
  'src/models/ask-within.ts reasonOf',
  'src/models/notices.ts switchedOff',
];
/** The same of an object: its properties of these names. */
const spoken = new Set([
  'notices',
  'notice',
  'warnings',
  'stageMessage',
  'stage_message',
  'fault',
  'embeddingAdvice',
]);
const thrown = new Map([
  ['AppError', 1],
  ['AlcoveError', 0],
  ['ImportFault', 0],
]);
const called = new Map([
  ['protocolError', 0],
  ['storeVectors', 4],
]);
/** Methods, where their receiver is named so. */
const told = new Map([
  ['push', /notices$|^refused$/],
  ['warn', /^builder$/],
  ['refuse', /^(piece|this)$/],
]);

/** Every sentence that the server, or the client that the web app calls it by, can have a person read. */
export function sentencesOfServer(): SentenceShape[] {
  const sources = readSources(['src', 'contract/src', 'client/src'], (path) => leftOut.test(path));
  return sources.files.flatMap((file) => {
    const found: ts.Node[] = [];
    eachNode(file, (node) => found.push(...sentencesAt(node, file)));
    return found.flatMap((node) => shapesIn(node, sources));
  });
}

function shapesIn(node: ts.Node, sources: Sources): SentenceShape[] {
  const made = node.parent;
  const isThrown =
    ts.isNewExpression(made) && made.arguments?.[thrown.get(made.expression.getText()) ?? -1] === node;
  return shapesOf(node, sources).map((shape) => ({ where: placeOf(node), shape, isThrown }));
}

function sentencesAt(node: ts.Node, file: ts.SourceFile): ts.Node[] {
  if (ts.isNewExpression(node)) {
    const place = thrown.get(node.expression.getText());
    const [message, details] = [node.arguments?.[place ?? -1], node.arguments?.[2]];
    return place === undefined || message === undefined
      ? []
      : [message, ...(details === undefined ? [] : issuesOf(details))];
  }
  if (ts.isCallExpression(node)) return callsAt(node, file);
  if (ts.isPropertyAssignment(node) || ts.isShorthandPropertyAssignment(node)) {
    const name = node.name.getText();
    const isReply = name === 'failed' && file.fileName.includes('/src/models/');
    const isReport = name === 'error' && file.fileName.includes('/src/exchange/import/');
    const isFailure = (name === 'error' || name === 'message') && hasProperty(node.parent, 'code');
    if (!isFailure && !isReply && !isReport && !spoken.has(name)) return [];
    return [ts.isPropertyAssignment(node) ? node.initializer : node.name];
  }
  if (
    ts.isFunctionDeclaration(node) &&
    sayers.some((one) => `${file.fileName} ${node.name?.text}`.endsWith(one))
  )
    return returnsOf(node);
  return [];
}

function callsAt(node: ts.CallExpression, file: ts.SourceFile): ts.Node[] {
  const { expression } = node;
  if (expression.kind === ts.SyntaxKind.SuperKeyword)
    return ts.isStringLiteralLike(node.arguments[1] ?? node) ? [node.arguments[1] as ts.Node] : [];
  if (ts.isIdentifier(expression)) return [node.arguments[called.get(expression.text) ?? -1] ?? []].flat();
  if (!ts.isPropertyAccessExpression(expression)) return [];
  const receiver = expression.expression.getText().split('.').at(-1) ?? '';
  if (told.get(expression.name.text)?.test(receiver) === true) return [...node.arguments];
  if (!file.fileName.includes('/contract/')) return [];
  // What a schema says in its own words.
  const [, words] = node.arguments;
  if (words === undefined || !['min', 'max', 'regex', 'refine'].includes(expression.name.text)) return [];
  return ts.isObjectLiteralExpression(words) ? propertiesOf(words, ['message', 'error']) : [words];
}

function issuesOf(details: ts.Node): ts.Node[] {
  const found: ts.Node[] = [];
  eachNode(details, (node) => {
    if (ts.isObjectLiteralExpression(node)) found.push(...propertiesOf(node, ['plain']));
    if (ts.isObjectLiteralExpression(node) && hasProperty(node, 'path')) {
      found.push(...propertiesOf(node, ['message']));
      for (const one of node.properties)
        if (ts.isShorthandPropertyAssignment(one) && one.name.text === 'message') found.push(one.name);
    }
  });
  return found;
}

function propertiesOf(node: ts.ObjectLiteralExpression, names: readonly string[]): ts.Expression[] {
  return node.properties.flatMap((one) =>
    ts.isPropertyAssignment(one) && names.includes(one.name.getText()) ? [one.initializer] : [],
  );
}

function hasProperty(node: ts.Node, name: string): boolean {
  return ts.isObjectLiteralExpression(node) && node.properties.some((one) => one.name?.getText() === name);
}
