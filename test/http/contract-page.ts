/** One call as the page of the contract writes it. */
export interface PromisedCall {
  method: string;
  /** With `{id}` for ids, without a slash at its end. */
  path: string;
  query: string[];
  /** Names of the JSON body, and of the answer where the page spells it out; empty where it does not. */
  body: string[];
  answer: string[];
  /** Null where the page names none. */
  status: string | null;
}

/** What a document of OpenAPI says of a call. */
export interface DescribedCall {
  query: Set<string>;
  body: Set<string>;
  answers: Map<string, Set<string>>;
}

type Json = { [key: string]: unknown };

/** Every call in the tables and lists of the page; `has` says whether a path is there under a method. */
export function callsOf(page: string, has: (method: string, path: string) => boolean): PromisedCall[] {
  const calls: PromisedCall[] = [];
  for (const line of page.split('\n')) {
    const [left = line, right = ''] = line.startsWith('|')
      ? line
          .split(/(?<!\\)\|/)
          .slice(1, 3)
          .map((cell) => cell.replaceAll('\\|', '|'))
      : [line];
    let last: PromisedCall[] = [];
    const ofLine: PromisedCall[] = [];
    for (const [, span = ''] of left.matchAll(/`([^`]+)`/g)) {
      const [, methods, path] = /^((?:[A-Z]+\/)*[A-Z]+) (\/\S*)/.exec(span) ?? [];
      const follows = /^\/[\w|/{}-]+$/.test(span) && last.length > 0;
      if (methods !== undefined && path !== undefined)
        last = methods.split('/').flatMap((method) => pathsOf(path).map((one) => callOf(method, one, has)));
      else if (follows) last = last.slice(0, 1).map((before) => besides(before, span, has));
      else if (span.startsWith('{')) {
        for (const call of last) call.body = namesIn(span);
        continue;
      } else continue;
      ofLine.push(...last);
    }
    const [, status = null, spelled] = /^\s*(2\d\d)\b[^`]*(?:`(\{[^`]+)`)?/.exec(right) ?? [];
    for (const call of ofLine.slice(0, 1)) {
      call.status = status;
      call.answer = spelled === undefined ? [] : namesIn(spelled);
    }
    calls.push(...ofLine);
  }
  return calls;
}

function callOf(
  method: string,
  written: string,
  has: (method: string, path: string) => boolean,
): PromisedCall {
  const [plain = '', search = ''] = written.split('?');
  const path = plain.replace(/\/$/, '') || '/';
  // `GET/POST/DELETE /auth/keys` means its items where the list has no such method.
  const one = has(method, path) ? path : `${path}/{id}`;
  const query = search.split('&').flatMap((pair) => pair.split('=')[0] || []);
  return { method, path: has(method, one) ? one : path, query, body: [], answer: [], status: null };
}

/** `POST /documents/{id}/retry|cancel` are two. */
function pathsOf(path: string): string[] {
  if (path.includes('?')) return [path.replaceAll('|', ',')];
  const at = path.lastIndexOf('/');
  return path
    .slice(at + 1)
    .split('|')
    .map((end) => path.slice(0, at + 1) + end);
}

/** `POST /messages/{id}/edit`, `/regenerate`: another address with the same method, or another end of the same. */
function besides(
  before: PromisedCall,
  span: string,
  has: (method: string, path: string) => boolean,
): PromisedCall {
  const sibling = before.path.slice(0, before.path.lastIndexOf('/')) + span;
  const path = has(before.method, span) ? span : sibling;
  return { method: before.method, path, query: [], body: [], answer: [], status: null };
}

/** The outermost names of `{ a, b?: "x"|"y", c: { d } }`. */
export function namesIn(written: string): string[] {
  let inner = written.trim().replace(/^\{/, '').replace(/\}$/, '');
  for (let before = ''; before !== inner;) {
    before = inner;
    inner = inner.replaceAll(/\{[^{}]*\}|\[[^[\]]*\]|"[^"]*"/g, '');
  }
  return inner
    .split(',')
    .map((part) => part.split(':')[0]?.replace('?', '').trim() ?? '')
    .filter((name) => /^\w+$/.test(name));
}

/** Every call of a document of OpenAPI, by `METHOD /path`. */
export function describedCalls(document: Json): Map<string, DescribedCall> {
  const calls = new Map<string, DescribedCall>();
  for (const [path, methods] of Object.entries(document['paths'] as Record<string, Json>))
    for (const [method, operation] of Object.entries(methods)) {
      const {
        parameters = [],
        requestBody,
        responses = {},
      } = operation as {
        parameters?: { in: string; name: string }[];
        requestBody?: Json;
        responses?: Record<string, Json>;
      };
      calls.set(`${method.toUpperCase()} ${path}`, {
        query: new Set(parameters.filter((one) => one.in === 'query').map(({ name }) => name)),
        body: propertiesIn(requestBody, document),
        answers: new Map(
          Object.entries(responses).map(([status, answer]) => [status, propertiesIn(answer, document)]),
        ),
      });
    }
  return calls;
}

/** Names of the outermost objects of a schema, whichever of its forms they are of. */
function propertiesIn(schema: unknown, document: Json): Set<string> {
  const names = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const here = value as Json;
    const { $ref: reference } = here;
    if (typeof reference === 'string') return visit(followed(reference, document));
    for (const name of Object.keys((here['properties'] as Json | undefined) ?? {})) names.add(name);
    for (const key of ['schema', 'anyOf', 'oneOf', 'allOf']) visit(here[key]);
    if (Array.isArray(value)) value.forEach(visit);
    for (const one of Object.values((here['content'] as Json | undefined) ?? {})) visit(one);
  };
  visit(schema);
  return names;
}

function followed(reference: string, document: Json): unknown {
  return reference
    .slice(2)
    .split('/')
    .reduce<unknown>((value, name) => (value as Json | undefined)?.[name], document);
}
