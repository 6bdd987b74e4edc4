import { problem } from '@alcove/contract';
import { expect } from 'vitest';
import type { Attempt } from './cases/attempts.ts';
import type { Person } from '../support/app.ts';
import type { World } from './world.ts';

/** Makes one request as B and checks that it is answered as it must be, with nothing of A's in the answer. */
export async function attempt(route: string, given: Attempt, w: World): Promise<string> {
  const method = route.split(' ')[0] ?? '';
  const response = await send(method, given, w.b);
  const text = await textOf(response);
  const what = `${method} ${given.path} ${JSON.stringify(given.body ?? null)}`;
  expect(response.status, `${what}: ${text}`).toBe(given.status);
  const shown = `${text}\n${JSON.stringify([...response.headers])}`;
  for (const secret of secretsOf(w))
    expect(shown.includes(secret), `${what} shows ${secret}: ${shown}`).toBe(false);
  if (given.status < 400) return text;
  const { code, request_id: _, ...rest } = problem.parse(JSON.parse(text));
  if (given.status === 403) expect(code).toBe('forbidden');
  if (given.status === 404) expect(code).toBe('not_found');
  return JSON.stringify({ code, ...rest });
}

/** The whole answer; of a stream of events without an end, what comes within this time. */
async function textOf(response: Response): Promise<string> {
  if (response.headers.get('content-type')?.startsWith('text/event-stream') !== true) return response.text();
  let text = '';
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const timer = setTimeout(() => void reader?.cancel(), 500);
  for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) text += part.value;
  clearTimeout(timer);
  return text;
}

/**
 * Names that no route knows, such as the owner's id smuggled into a body or a query, are refused as such; then the
 * request goes without them and is judged by what else is in it.
 */
export async function send(
  method: string,
  given: Pick<Attempt, 'path' | 'body' | 'form' | 'token'>,
  who: Person,
): Promise<Response> {
  const response = await sendOnce(method, given, who);
  if (response.status !== 400) return response;
  const text = await response.clone().text();
  const unknown = (problem.safeParse(JSON.parse(text)).data?.issues ?? []).filter(({ message }) =>
    message.includes('is not known'),
  );
  if (unknown.length === 0) return response;
  const url = new URL(given.path, 'http://localhost');
  const body = typeof given.body === 'object' ? { ...given.body } : given.body;
  for (const { path } of unknown) {
    url.searchParams.delete(path);
    if (typeof body === 'object' && body !== null) Reflect.deleteProperty(body, path);
  }
  return send(method, { ...given, path: `${url.pathname}${url.search}`, body }, who);
}

function sendOnce(
  method: string,
  { path, body, form, token }: Pick<Attempt, 'path' | 'body' | 'form' | 'token'>,
  who: Person,
): Promise<Response> {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  if (form !== undefined) return who.fetch(path, { method, body: form, headers });
  if (body === undefined) return who.fetch(path, { method, headers });
  return who.fetch(path, {
    method,
    body: JSON.stringify(body),
    headers: { ...headers, 'content-type': 'application/json' },
  });
}

function secretsOf(w: World): string[] {
  return [
    w.canary,
    w.a1,
    w.a2,
    w.a3,
    w.a1Document,
    w.a1Message,
    w.a1Question,
    w.a1Answer,
    w.aSession,
    w.aKey,
    w.aKeyText,
    w.a.id,
    w.a.token,
  ];
}

/** Requests of one route one after the other; a foreign id and a missing one must be told apart by nothing else. */
export async function attemptAll(route: string, given: Attempt[], w: World): Promise<void> {
  const refusals = new Map<string, Set<string>>();
  for (const one of given) {
    const answer = await attempt(route, one, w);
    if (one.status !== 404) continue;
    const about = one.about ?? 'what the path names';
    refusals.set(about, (refusals.get(about) ?? new Set()).add(answer));
  }
  for (const [about, answers] of refusals)
    expect(answers.size, `${route} refuses ${about} in ${[...answers].join(' and ')}`).toBe(1);
}
