import ts from 'typescript';

const groups = new Set(['describe', 'suite']);
const cases = new Set(['test', 'it']);
/** Their call gives what is called with the name: `test.each(rows)('name', …)`. */
const wrapping = new Set(['each', 'for', 'skipIf', 'runIf']);
const off = new Set(['skip', 'todo', 'fails']);

/**
 * The names of the tests of a file that run, each behind those of the groups around it, with `>` between; parts of a
 * name that are only known when it runs stay as they are written. A test that is skipped in any case is none, and a
 * group is only there with its tests.
 */
export function findTests(path: string, text: string): string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];

  function visit(node: ts.Node, around: readonly string[]): void {
    const call = ts.isCallExpression(node) ? readCall(node, source) : null;
    if (call?.isOff === true) return;
    const names = call === null ? around : [...around, call.name];
    if (call?.isTest === true) found.push(names.join(' > '));
    ts.forEachChild(node, (child) => visit(child, names));
  }

  visit(source, []);
  return found;
}

function readCall(
  call: ts.CallExpression,
  source: ts.SourceFile,
): { name: string; isTest: boolean; isOff: boolean } | null {
  const [first] = call.arguments;
  if (first === undefined || !(ts.isStringLiteralLike(first) || ts.isTemplateExpression(first))) return null;
  const words = wordsOf(call.expression);
  const [callee = ''] = words;
  if (!groups.has(callee) && !cases.has(callee)) return null;
  // Still the call that wraps: its argument is a row, not a name.
  if (!ts.isCallExpression(call.expression) && wrapping.has(words.at(-1) ?? '')) return null;
  const name = ts.isStringLiteralLike(first) ? first.text : first.getText(source).slice(1, -1);
  return { name, isTest: cases.has(callee), isOff: words.some((word) => off.has(word)) };
}

/** Of `test.concurrent.each(rows)`: test, concurrent, each. */
function wordsOf(expression: ts.Expression): string[] {
  if (ts.isIdentifier(expression)) return [expression.text];
  if (ts.isPropertyAccessExpression(expression))
    return [...wordsOf(expression.expression), expression.name.text];
  if (ts.isCallExpression(expression)) return wordsOf(expression.expression);
  if (ts.isTaggedTemplateExpression(expression)) return wordsOf(expression.tag);
  return [];
}
