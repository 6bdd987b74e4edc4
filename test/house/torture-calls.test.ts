import { expect, test } from 'vitest';
import type { Person } from '../support/person.ts';
import { randomOf } from '../../torture/random.ts';
import { chooseCalls } from '../../torture/support/choose-calls.ts';
import type { DeedKind } from '../../torture/support/deeds/deed.ts';
import { failCalls } from '../../torture/support/fail-calls.ts';
import { formOf } from '../../torture/support/faults/database.ts';
import { countedFault } from '../../torture/support/faults/fault.ts';

test('each call of a short request is chosen; of a long one the ends, one of each kind and others', () => {
  const few = Array.from({ length: 50 }, () => 'read');
  expect(chooseCalls(few, 50, randomOf(1))).toEqual(few.map((_, at) => at + 1));

  const many = Array.from({ length: 400 }, (_, at) => (at === 317 ? 'rare' : at < 200 ? 'read' : 'write'));
  const chosen = chooseCalls(many, 50, randomOf(1));
  expect(chosen).toHaveLength(50);
  expect(chosen).toEqual(expect.arrayContaining([1, 201, 318, 400]));
  expect(chosen).toEqual([...new Set(chosen)].toSorted((a, b) => a - b));
  expect(chooseCalls(many, 50, randomOf(1))).toEqual(chosen);

  const kinds = Array.from({ length: 80 }, (_, at) => `kind ${at}`);
  expect(chooseCalls([...kinds, ...kinds], 50, randomOf(1))).toHaveLength(81);
});

test('queries of one form are of one kind', () => {
  expect(formOf("BEGIN; SET LOCAL app.user = 'a'")).toBe(formOf("BEGIN; SET LOCAL app.user = 'b'"));
  expect(formOf('INSERT INTO t VALUES ($1, $2), ($3, $4)')).toBe(formOf('INSERT INTO t\n VALUES ($1, $2)'));
  expect(formOf('SELECT 1 FROM t WHERE a = $1')).not.toBe(formOf('SELECT 1 FROM t WHERE b = $1'));
});

test('calls fail up to the last one, also where their number is another each time', async () => {
  const fault = countedFault('any');
  let times = 0;
  // Sixty calls the first time, then 57 to 62.
  const answers = new Set<number>();
  const request = async (): Promise<Response> => {
    const length = times === 0 ? 60 : 57 + (times % 6);
    times += 1;
    for (let at = 1; at <= length; at += 1)
      if (fault.isDue(at === 1 ? 'begin' : at < 55 ? 'work' : 'end')) {
        answers.add(at);
        return Response.json({ code: 'unavailable' }, { status: 503 });
      }
    return Response.json({});
  };
  const kind: DeedKind = {
    name: 'a deed',
    touchesOriginals: false,
    isSlow: false,
    prepare: async () => ({
      request: { method: 'GET', path: '/', key: null },
      isDone: (status) => status === 200,
      verify: async () => {},
    }),
  };
  const person = { fetch: request } as unknown as Person;
  const around = { random: randomOf(3), isAtRest: null, isOver: () => false };
  const found = await failCalls(kind, fault, person, around);
  expect(found).toMatchObject({ made: 60, kinds: 3, failedKinds: 3, isToItsEnd: true, broken: [] });
  expect(found.failed).toBeGreaterThanOrEqual(45);
  expect(found.repeats).toBeGreaterThanOrEqual(45);
  expect(Math.min(...answers)).toBe(1);
  expect(Math.max(...answers)).toBeGreaterThanOrEqual(57);

  const late = await failCalls(kind, fault, person, { ...around, isOver: () => true });
  expect(late).toMatchObject({ failed: 0, isToItsEnd: false });
});
