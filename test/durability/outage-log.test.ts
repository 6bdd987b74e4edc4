import { expect, test } from 'vitest';
import { createOutageLog } from '../../src/db/outage-log.ts';

test('an outage is said when it begins, once a minute with a count, and when it is over', () => {
  const lines: string[] = [];
  const say = (fields: object, message: string) => void lines.push(`${message} ${JSON.stringify(fields)}`);
  let at = 0;
  const outage = createOutageLog({ info: say, warn: say }, 'db.example:5432', () => at);
  const failAt = (seconds: number) => {
    at = seconds * 1000;
    outage.failed(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }));
  };
  for (const seconds of [0, 1, 30, 59, 61, 90, 122]) failAt(seconds);
  at = 130_000;
  outage.succeeded();
  outage.succeeded();
  expect(lines.map((line) => line.replace(/"reason":"[^"]*db\.example[^"]*"/, '"reason"'))).toEqual([
    'the database is away {"reason","attempts":1}',
    'the database is still away {"reason","attempts":5}',
    'the database is still away {"reason","attempts":7}',
    'the database is back {"seconds":130,"attempts":7}',
  ]);

  // Again within the minute: neither its beginning nor its end is worth a line.
  failAt(140);
  outage.succeeded();
  expect(lines).toHaveLength(4);
});
