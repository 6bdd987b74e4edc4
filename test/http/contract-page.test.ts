import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { sharedApp } from '../support/app.ts';
import { callsOf, describedCalls, namesIn } from './contract-page.ts';

// The page of the contract lies beside the repository: what its tables say is held against what the server describes.

const page = resolve(import.meta.dirname, '../../../shared/API.md');
const app = sharedApp();
/** Served, and of no use to a client that is made from the description. */
const undescribed = ['GET /metrics', 'GET /docs', 'GET /openapi.json'];

test('the names of a body are those outside of its inner objects', () => {
  expect(namesIn('{ a, b?: "x"|"y", c: { d, e: [{ f }] }, g: [1] }')).toEqual(['a', 'b', 'c', 'g']);
});

test.skipIf(!existsSync(page))('every call of the contract is described as its tables say', async () => {
  const answer = await fetch(`${(await app()).baseUrl}/openapi.json`);
  const described = describedCalls((await answer.json()) as Record<string, unknown>);
  const has = (method: string, path: string) => described.has(`${method} ${path}`);
  const calls = callsOf(await readFile(page, 'utf8'), has);
  expect(calls.length).toBeGreaterThan(75);
  const faults: string[] = [];
  for (const { method, path, query, body, answer: names, status } of calls) {
    const call = `${method} ${path}`;
    const told = described.get(call);
    if (told === undefined) {
      if (!undescribed.includes(call)) faults.push(`${call} is not there`);
      continue;
    }
    for (const name of query) if (!told.query.has(name)) faults.push(`${call}: no ?${name}=`);
    for (const name of body) if (!told.body.has(name)) faults.push(`${call}: no ${name} in the body`);
    if (status === null) continue;
    const given = told.answers.get(status);
    if (given === undefined) faults.push(`${call}: never ${status}`);
    else for (const name of names) if (!given.has(name)) faults.push(`${call}: no ${name} in ${status}`);
  }
  expect(faults).toEqual([]);
});
