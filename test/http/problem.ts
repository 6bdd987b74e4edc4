import { type ErrorCode, problem, type Problem } from '@alcove/contract';
import { expect } from 'vitest';
import { statusOf } from '../../src/errors.ts';

/** Checks that an answer is a complete problem document of this code, and returns it. */
export async function expectProblem(response: Response, code: ErrorCode): Promise<Problem> {
  const text = await response.text();
  return expectProblemText(text, response.status, (name) => response.headers.get(name), code);
}

export function expectProblemText(
  text: string,
  status: number,
  header: (name: string) => string | null | undefined,
  code: ErrorCode,
): Problem {
  expect.soft(status, text).toBe(statusOf[code]);
  expect.soft(header('content-type')).toBe('application/problem+json; charset=utf-8');
  const body = problem.strict().parse(JSON.parse(text));
  expect(body).toMatchObject({ type: `urn:alcove:error:${code}`, status: statusOf[code], code });
  expect(body.title.length).toBeGreaterThan(2);
  expect(body.request_id).toBe(header('x-request-id'));
  // One human sentence, with nothing of the inside in it.
  expect(body.error).toMatch(/^[A-Za-z"].{5,300}$/s);
  expect(text).not.toMatch(/node_modules|\bat .*\.ts:\d|SELECT |INSERT |UPDATE |pg_|alcove_app/);
  return body;
}
