import { STATUS_CODES } from 'node:http';
import { eventStream, octets, optionalBodyMark } from './describe-route.ts';

interface Operation {
  tags?: string[];
  parameters?: unknown[];
  requestBody?: { required?: boolean };
  responses?: Record<string, Response>;
  security?: unknown[];
  [optionalBodyMark]?: boolean;
}

interface Response {
  $ref?: string;
  description?: string;
  headers?: Record<string, unknown>;
  content?: Record<string, unknown>;
}

interface OpenApiDocument {
  paths?: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, unknown> };
}

/** What a status means on every route; those with a wait say how long. */
const failures: Record<string, { name: string; description: string; waits?: boolean }> = {
  400: { name: 'Invalid', description: 'The request is not valid; `issues` names the fields.' },
  401: { name: 'Unauthenticated', description: 'No token, or one that is invalid or has expired.' },
  403: {
    name: 'Forbidden',
    description:
      'It belongs to somebody else, the key does not reach that far, or this host name is not served.',
  },
  404: { name: 'NotFound', description: 'It does not exist.' },
  409: { name: 'Conflict', description: 'The state as it is now does not allow it.' },
  410: { name: 'Gone', description: 'The stored original is missing.' },
  413: { name: 'TooLarge', description: 'The body, a file or the storage of the account is too large.' },
  415: { name: 'UnsupportedMediaType', description: 'The body or a file is of no supported type.' },
  422: {
    name: 'Refused',
    description: 'Well-formed but refused, as an Idempotency-Key with another body is.',
  },
  429: { name: 'RateLimited', description: 'Too many requests, or a quota is used up.', waits: true },
  502: { name: 'ModelFailed', description: 'The model provider failed.' },
  503: { name: 'Unavailable', description: 'Not ready, or the database is away.', waits: true },
  504: { name: 'ModelTimedOut', description: 'The model provider did not answer in time.' },
  default: { name: 'Failed', description: 'Any other failure; `code` names it.' },
};

/** The parts that operations share. */
export const sharedComponents = {
  parameters: {
    IdempotencyKey: {
      in: 'header' as const,
      name: 'Idempotency-Key',
      required: false,
      description:
        'Repeats with the same key and body within 24 hours have one effect and get the first answer; an answer that issues a secret is not kept.',
      schema: { type: 'string' as const, minLength: 1, maxLength: 255 },
    },
  },
  headers: {
    RequestId: {
      description: 'The request as the log of the server names it.',
      schema: { type: 'string' as const },
    },
    RetryAfter: {
      description: 'Seconds to wait before another try.',
      schema: { type: 'integer' as const, minimum: 1 },
    },
  },
  responses: Object.fromEntries(
    Object.values(failures).map(({ name, description, waits }) => [
      name,
      problemResponse(description, waits),
    ]),
  ),
};

/** Adds what follows from the kind of an operation, and drops schemas that nothing refers to (unused input twins). */
export function completeOpenApi<T>(document: T): T {
  // Safe: the plug-in has just made this OpenAPI document; only these two parts are read.
  const { paths = {}, components } = document as OpenApiDocument;
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(operations)) complete(operation, method, path);
  }
  dropUnused(document, components?.schemas ?? {});
  return document;
}

function complete(operation: Operation, method: string, path: string): void {
  if (method === 'post') {
    const key = { $ref: '#/components/parameters/IdempotencyKey' };
    operation.parameters = [...(operation.parameters ?? []), key];
  }
  if (operation[optionalBodyMark] === true && operation.requestBody !== undefined)
    operation.requestBody.required = false;
  delete operation[optionalBodyMark];
  const responses = (operation.responses ??= {});
  for (const [status, response] of Object.entries(responses)) {
    if (response.description === 'Default Response') response.description = describeSuccess(status, response);
    response.headers = { ...response.headers, 'X-Request-Id': { $ref: '#/components/headers/RequestId' } };
  }
  for (const status of failuresOf(operation, method, path)) {
    responses[status] ??= { $ref: `#/components/responses/${failures[status]?.name}` };
  }
}

function describeSuccess(status: string, { content = {} }: Response): string {
  if (content[eventStream] === undefined) return STATUS_CODES[status] ?? 'Success';
  const events = 'Server-sent events; the schema is that of the data of each.';
  return content['application/json'] === undefined
    ? events
    : `The whole answer, or with \`stream: true\`: ${events}`;
}

/** The statuses that an operation of this kind can fail with; any other comes as `default`. */
function failuresOf(operation: Operation, method: string, path: string): string[] {
  const { tags = [], parameters = [], requestBody, security, responses = {} } = operation;
  const isOpen = security?.length === 0;
  const isPost = method === 'post';
  const takesBody = requestBody !== undefined;
  const sendsBytes = responses['200']?.content?.[octets] !== undefined;
  const applies: Record<string, boolean> = {
    400: parameters.length > 0 || takesBody,
    401: !isOpen || tags.includes('accounts'),
    403: true,
    404: path.includes('{') || (!isOpen && takesBody),
    409: isPost,
    410: sendsBytes,
    413: takesBody,
    415: takesBody,
    422: isPost,
    429: isPost,
    502: isPost && tags.includes('asking'),
    503: true,
    504: isPost && tags.includes('asking'),
    default: true,
  };
  return Object.keys(failures).filter((status) => applies[status]);
}

function problemResponse(description: string, waits = false) {
  return {
    description,
    headers: {
      'X-Request-Id': { $ref: '#/components/headers/RequestId' },
      ...(waits ? { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } } : {}),
    },
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  };
}

function dropUnused(document: unknown, schemas: Record<string, unknown>): void {
  for (let removed = true; removed;) {
    removed = false;
    const text = JSON.stringify(document);
    for (const name of Object.keys(schemas)) {
      if (text.includes(`"#/components/schemas/${name}"`)) continue;
      delete schemas[name];
      removed = true;
    }
  }
}
