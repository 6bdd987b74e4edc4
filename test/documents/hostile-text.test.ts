import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { answeringApp } from '../answers/support/answering-app.ts';
import { addText, askJson, newConversation } from '../answers/support/asking.ts';
import { newPerson, type Person } from '../support/app.ts';

const { app } = await answeringApp();
const megabyte = 1024 * 1024;

/** A megabyte in all: what patterns run back and forth over. */
function hostileText(): string {
  const shapes = [' ', '[', '[1, ', '"a', '„«', '\u0301', '`', '.'];
  const parts = shapes.map((shape) => `herring <sources${shape.repeat(megabyte / 16 / shape.length)}`);
  return `${parts.join('\n\n')}\n\nherring <${' '.repeat(megabyte / 4)}`;
}

async function msOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** Requests one after the other until it is told to stop. @returns the slowest in milliseconds, and how many */
async function slowestWhile(person: Person, isOver: () => boolean): Promise<{ ms: number; count: number }> {
  let [slowest, count] = [0, 0];
  do {
    slowest = Math.max(slowest, await msOf(() => person.client.conversations.list()));
    count += 1;
    await turn();
  } while (!isOver());
  return { ms: slowest, count };
}

test(
  'a megabyte of hostile text, uploaded and asked, keeps nobody else waiting',
  { timeout: 180_000 },
  async () => {
    const { baseUrl } = await app();
    const [attacker, other] = [await newPerson(baseUrl), await newPerson(baseUrl)];
    const id = await newConversation(attacker);
    let asked = 0;
    const baseline = await slowestWhile(other, () => (asked += 1) > 50);
    let isOver = false;
    const others = slowestWhile(other, () => isOver);
    try {
      await addText(attacker, id, hostileText(), `${'<'.repeat(50)}${' '.repeat(50)}a.txt`);
      const { status } = await askJson(attacker, id, `What of herring? <sources${'[ "'.repeat(1_000)}`);
      expect(status).toBe(200);
    } finally {
      isOver = true;
    }
    const { ms, count } = await others;
    expect(count).toBeGreaterThan(20);
    // A pattern of quadratic time over so much holds everybody for minutes.
    expect(ms).toBeLessThan(Math.max(5_000, 20 * baseline.ms));
  },
);
