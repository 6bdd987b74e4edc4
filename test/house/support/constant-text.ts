import ts from 'typescript';

/** What only a running program knows, by its words in the source: a value that it can have there. */
const stoodFor: Readonly<Record<string, string>> = {
  "delimiter === '|' ? '\\\\|' : delimiter": ',',
  mark: '0123456789abcdef01234567',
  host: '0123abcd',
  'names[kind as keyof RoleNames]': 'alcove_app',
};

/** The text that an expression makes of constants of its file, as `new RegExp` is given it. @throws where it is of something else */
export function constantText(node: ts.Expression, source: ts.SourceFile): string {
  const words = node.getText(source);
  const given = stoodFor[words];
  if (given !== undefined) return given;
  if (ts.isStringLiteralLike(node) || ts.isNumericLiteral(node)) return node.text;
  if (ts.isTemplateExpression(node)) return templateText(node, source, false);
  if (ts.isTaggedTemplateExpression(node) && node.tag.getText(source) === 'String.raw')
    return ts.isTemplateExpression(node.template)
      ? templateText(node.template, source, true)
      : (node.template.rawText ?? '');
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const [left, right] = [constantText(node.left, source), constantText(node.right, source)];
    const areNumbers = [left, right].every((text) => /^\d+$/.test(text));
    return areNumbers ? String(Number(left) + Number(right)) : left + right;
  }
  if (ts.isIdentifier(node)) return constantText(valueOf(node, source), source);
  if (ts.isPropertyAccessExpression(node) && node.name.text === 'source') {
    const { text } = valueOf(node.expression, source) as ts.RegularExpressionLiteral;
    return text.slice(1, text.lastIndexOf('/'));
  }
  throw new Error(`${source.fileName}: ${words} is no constant: say in constant-text.ts what it can be`);
}

function templateText({ head, templateSpans }: ts.TemplateExpression, source: ts.SourceFile, isRaw: boolean) {
  const read = (part: ts.TemplateLiteralLikeNode): string => (isRaw ? (part.rawText ?? '') : part.text);
  const spans = templateSpans.map((span) => constantText(span.expression, source) + read(span.literal));
  return read(head) + spans.join('');
}

function valueOf(name: ts.Node, source: ts.SourceFile): ts.Expression {
  let found: ts.Expression | undefined;
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && node.name.getText(source) === name.getText(source))
      found ??= node.initializer;
    ts.forEachChild(node, visit);
  };
  visit(source);
  if (found === undefined)
    throw new Error(`${source.fileName}: ${name.getText(source)} is no constant of this file`);
  return found;
}
