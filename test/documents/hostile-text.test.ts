import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { answeringApp } from '../answers/support/answering-app.ts';
import { addText, askJson, newConversation } from '../answers/support/asking.ts';
import { newPerson, type Person } from '../support/app.ts';
import { isFullRun } from '../support/full-run.ts';
import { behave } from '../support/provider.ts';

const { app, provider } = await answeringApp();
/** A quarter of it shows as well what takes the square of the time. */
const bytes = isFullRun ? 1024 * 1024 : 256 * 1024;

/** A megabyte in all in a full run: what patterns run back and forth over. */
function hostileText(): string {
  const shapes = [' ', '[', '[1, ', '"a', '„«', '\u0301', '`', '.'];
  const parts = shapes.map((shape) => `herring <sources${shape.repeat(bytes / 16 / shape.length)}`);
  const text = parts.join('\n\n');
  return `${text}\n\nherring <`.padEnd(bytes, ' ');
}

interface Waited {
  ms: number;
  /** Of that, what the server's thread has computed: what a busy machine adds is not in it. */
  computedMs: number;
}

async function waited(work: () => Promise<unknown>): Promise<Waited> {
  const [started, before] = [performance.now(), process.threadCpuUsage()];
  await work();
  const { user, system } = process.threadCpuUsage(before);
  return { ms: performance.now() - started, computedMs: (user + system) / 1_000 };
}

/** Requests one after the other until it is told to stop. @returns the longest of each, and how many they were */
async function slowestWhile(person: Person, isOver: () => boolean): Promise<Waited & { count: number }> {
  const slowest = { ms: 0, computedMs: 0, count: 0 };
  do {
    const { ms, computedMs } = await waited(() => person.client.conversations.list());
    slowest.ms = Math.max(slowest.ms, ms);
    slowest.computedMs = Math.max(slowest.computedMs, computedMs);
    slowest.count += 1;
    await turn();
  } while (!isOver());
  return slowest;
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
      provider.script(behave.answer(`It says "${hostileText().slice(0, bytes / 4)}`));
      const { status } = await askJson(attacker, id, `What of herring? <sources${'[ "'.repeat(1_000)}`);
      expect(status).toBe(200);
    } finally {
      isOver = true;
    }
    const { ms, computedMs, count } = await others;
    expect(count).toBeGreaterThan(20);
    // A pattern of quadratic time over so much holds everybody for minutes.
    expect(computedMs).toBeLessThan(1_000);
    expect(ms).toBeLessThan(Math.max(5_000, 20 * baseline.ms));
  },
);
