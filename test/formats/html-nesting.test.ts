import { expect, test } from 'vitest';
import { limitNesting } from '../../src/formats/html-nesting.ts';

test('a page of usual depth stays as it is', () => {
  const page = `<html><body>${'<div>'.repeat(200)}text${'</div>'.repeat(200)}</body></html>`;
  expect(limitNesting(page)).toBe(page);
});

test('elements whose ends are left out do not nest', () => {
  const page = `<body>${'<p>one<br><li>two'.repeat(5_000)}</body>`;
  expect(limitNesting(page)).toBe(page);
});

test('what nests deeper loses its tags and keeps its text', () => {
  const deep = limitNesting(
    `${'<div>'.repeat(50_000)}deep <b>text</b>${'</div>'.repeat(50_000)}<p>after</p>`,
  );
  expect(deep.match(/<div>/g)).toHaveLength(1_000);
  expect(deep.match(/<\/div>/g)).toHaveLength(1_000);
  expect(deep).toContain('deep text');
  expect(deep.endsWith('<p>after</p>')).toBe(true);
});

test('brackets without an end are passed over once', () => {
  const flood = `${'<'.repeat(1_000_000)}>`;
  expect(limitNesting(flood)).toBe(flood);
});
