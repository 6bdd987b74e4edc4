import { randomUUID } from 'node:crypto';
import type { Reply } from '../../support/app-here.ts';
import { mustBe } from '../../support/claims.ts';
import { wordsIn } from '../canaries.ts';
import { judgeWords } from '../judge.ts';
import type { Place } from '../view.ts';
import type { FuzzUser, World } from '../world.ts';

// What people do, each with its effect on the model. Texts share their words, so that any search finds any of them.

export const secret = (word: string): string =>
  `The code of the vault in the lighthouse is ${word}. The keeper changes it.`;
export const question = 'What is the code of the vault in the lighthouse?';

export interface Request {
  method: string;
  path: string;
  body?: unknown;
  headers?: Record<string, string>;
  /** Where the answer may show more than what is in the account. */
  place?: Place;
  /** Words in a body that is no JSON. */
  writes?: readonly string[];
}

/** By somebody who may. @throws BrokenPromise when the answer is another one or shows what it must not */
export async function act(
  world: World,
  user: FuzzUser,
  { method, path, body, headers, place = { kind: 'account' }, writes = [] }: Request,
  ...statuses: number[]
): Promise<Reply> {
  const reply = await world.here.call(method, path, user.token, body, headers);
  mustBe(
    statuses.includes(reply.status),
    () => `${method} ${path} ${JSON.stringify(body)} is answered with ${reply.status}: ${reply.text}`,
  );
  const reader = { name: 'who may', token: user.token, userId: user.id, limitedTo: null };
  // What is only being written is in its answer already.
  const own = [...writes, ...wordsIn(`${path} ${JSON.stringify(body) ?? ''}`)];
  judgeWords(world, reader, place, reply, `${method} ${path}`, own);
  return reply;
}

/** A POST with an Idempotency-Key, remembered so that it can be sent again. */
export async function post(
  world: World,
  user: FuzzUser,
  request: Omit<Request, 'method'> & { viaLink?: string },
  conversationId: string,
  ...statuses: number[]
): Promise<Reply> {
  const { path, body, viaLink = null } = request;
  const key = randomUUID();
  const headers = { ...request.headers, 'idempotency-key': key };
  const reply = await act(world, user, { ...request, method: 'POST', headers }, ...statuses);
  const first = { status: reply.status, text: reply.text };
  world.sent.push({ userId: user.id, path, body, key, conversationId, viaLink, first });
  return reply;
}

/** The answer as JSON; what of it is read the caller says. */
export function told({ text }: Reply): unknown {
  return JSON.parse(text);
}

/** A request of a model's client. */
export function toolCall(name: string, args: Record<string, unknown>) {
  const body = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } };
  return { method: 'POST', path: '/mcp', body };
}
