import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { constantText } from './constant-text.ts';

/** A regular expression as the source writes it. */
export interface Pattern {
  /** Path from the root of the repository, and line. */
  where: string;
  file: string;
  regex: RegExp;
}

const root = join(import.meta.dirname, '../../..');

/** Every regular expression below these folders: literals, and those that are made of constants. */
export function patternsIn(folders: readonly string[]): Pattern[] {
  return folders.flatMap((folder) => sourceFiles(join(root, folder))).flatMap(patternsOf);
}

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(
      (path) => /\.(ts|svelte)$/.test(path) && !path.endsWith('.test.ts') && !path.includes('node_modules'),
    )
    .map((path) => join(folder, path));
}

function patternsOf(path: string): Pattern[] {
  const file = relative(root, path);
  const text = path.endsWith('.svelte') ? scriptOf(readFileSync(path, 'utf8')) : readFileSync(path, 'utf8');
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
  const found: Pattern[] = [];
  const visit = (node: ts.Node): void => {
    const regex = patternAt(node, source);
    const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
    if (regex !== null) found.push({ where: `${file}:${line}`, file, regex });
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function patternAt(node: ts.Node, source: ts.SourceFile): RegExp | null {
  if (ts.isRegularExpressionLiteral(node)) {
    const end = node.text.lastIndexOf('/');
    return new RegExp(node.text.slice(1, end), node.text.slice(end + 1));
  }
  const isMade = ts.isNewExpression(node) || ts.isCallExpression(node);
  if (!isMade || node.expression.getText(source) !== 'RegExp') return null;
  const [text, flags] = node.arguments ?? [];
  if (text === undefined) return null;
  return new RegExp(constantText(text, source), flags && constantText(flags, source));
}

/** Only the script, on its own lines. */
function scriptOf(component: string): string {
  const start = component.indexOf('<script');
  const end = component.indexOf('</script>');
  if (start === -1 || end === -1) return '';
  const body = component.indexOf('>', start) + 1;
  return component.slice(0, body).replace(/[^\n]/g, '') + component.slice(body, end);
}

const fillers = [
  ' ',
  '\n',
  '\t',
  'a',
  'A',
  's',
  '1',
  ',',
  '.',
  '-',
  '#',
  '=',
  '|',
  '[',
  '<',
  '"',
  '`',
  '*',
  ';',
  ':',
  '\u0301',
  '漢',
  'é',
  'あ',
  'ก',
  '[1]',
  '1,',
  'a ',
  'a.',
  '. ',
  '\u200b',
  '%',
  ' \n',
];

/** Texts of about `length` characters that make a pattern with these literals run back and forth. */
export function* shapesFor({ source }: RegExp, length: number): Generator<string> {
  const plain = source.replace(/\\[a-zA-Z](\{[^}]*\})?|\[\^?|[\])(?*+{}|^$]/g, '\0');
  const literals = [...new Set(plain.replace(/[\\\0]/g, ''))].slice(0, 8);
  // Every word: what goes back and forth may stand behind any of them.
  const words = [...new Set(plain.match(/\p{L}{3,}/gu))];
  const prefixes = ['', ...literals, ...words];
  for (const filler of new Set([...fillers, ...literals, ...words.slice(0, 2)])) {
    for (const prefix of prefixes) {
      yield `${prefix}${filler.repeat(length / filler.length)}\u0001`;
      if (prefix !== '') yield (prefix + filler).repeat(length / (prefix.length + filler.length));
    }
  }
}

/** Applies the pattern as often as it matches; a sticky one where it matched last, or one further. @returns milliseconds */
export function msOf(regex: RegExp, text: string): number {
  const started = performance.now();
  regex.lastIndex = 0;
  if (regex.sticky) stickThrough(regex, text);
  else if (regex.global) text.replace(regex, '');
  else regex.test(text);
  return performance.now() - started;
}

function stickThrough(regex: RegExp, text: string): void {
  for (let at = 0; at < text.length; at = Math.max(at + 1, regex.lastIndex)) {
    regex.lastIndex = at;
    regex.test(text);
  }
}
