import type { AnswerTrace, InstallationStatistics } from '@alcove/contract';
import { afterAll, expect, test } from 'vitest';
import { addText, askJson, historyOf, newConversation } from '../answers/support/asking.ts';
import { newPerson, type Person, startTestApp } from '../support/app.ts';
import { behave, startProvider } from '../support/provider.ts';

// What administrators see of each day: figures of what happened, which deletions leave as they are.

const provider = await startProvider();
afterAll(() => provider.close());

type Day = InstallationStatistics['usage_by_day'][number];
const text = 'Herons stand 98 cm tall. They wait in shallow water for fish and frogs.';

test('each figure of a day is what a recount of everybody’s answers and uploads gives, whatever is deleted', async () => {
  const env = {
    LLM_BASE_URL: provider.baseUrl,
    LLM_MODEL: 'test-chat',
    MODEL_PRICES: 'test-chat=2/8',
    TITLES: 'question',
  };
  const server = await startTestApp({ isNew: true, env });
  try {
    const admin = await newPerson(server.baseUrl);
    const people = [await newPerson(server.baseUrl), await newPerson(server.baseUrl)];
    const read = async () => (await admin.client.people.statistics()).usage_by_day;
    expect(await read()).toEqual([]);

    const answers: Counted[] = [];
    let [documents, bytes] = [0, 0];
    const uploaded = (size: number): void => {
      documents += 1;
      bytes += size;
    };
    const random = createRandom(20_261_123);
    for (let round = 0; round < 8; round += 1) {
      const who = people[random(people.length)] as Person;
      const id = await newConversation(who);
      const held = random(3);
      for (let at = 0; at < held; at += 1) {
        const own = `${text} Note ${round}.${at}.`;
        const { id: document } = await addText(who, id, own, `notes-${at}.txt`);
        uploaded(Buffer.byteLength(own));
        if (random(3) === 0) {
          const form = new FormData();
          form.append('file', new File([`${own} Revised.`], 'revised.txt'));
          const path = `/documents/${document}/replace`;
          expect((await who.fetch(path, { method: 'POST', body: form })).status).toBeLessThan(300);
          uploaded(Buffer.byteLength(`${own} Revised.`));
        }
      }
      for (let asked = random(3) + 1; asked > 0; asked -= 1) {
        const [behaviour] = [
          [],
          [behave.answer('Herons are 500 cm tall [1].')],
          [behave.answer('Herons like the opera [1].')],
          [behave.unauthorized()],
        ][random(4)] as [ReturnType<typeof behave.answer>?];
        if (behaviour !== undefined) provider.script(behaviour);
        await askJson(who, id, 'How tall are herons?', { parent_id: null });
        answers.push(await recount(who, id));
      }
      if (random(2) === 0) await who.client.conversations.delete(id, { permanently: true });
    }
    expect(answers.some(({ isFailed }) => isFailed)).toBe(true);
    expect(answers.some(({ verifications }) => verifications.includes('verified'))).toBe(true);

    const days = await read();
    // The history may have gone past midnight.
    expect(days.length).toBeLessThanOrEqual(2);
    expect(summed(days)).toEqual({
      answers: answers.length,
      failed_answers: countOf(answers, ({ isFailed }) => isFailed),
      answers_from_documents: countOf(answers, ({ mode }) => mode === 'documents'),
      cited_answers: countOf(
        answers,
        ({ mode, verifications }) => mode === 'documents' && verifications.includes('verified'),
      ),
      verified: countOf(
        answers.flatMap(({ verifications }) => verifications),
        (one) => one === 'verified',
      ),
      unverified: countOf(
        answers.flatMap(({ verifications }) => verifications),
        (one) => one === 'unverified',
      ),
      contradicted: countOf(
        answers.flatMap(({ verifications }) => verifications),
        (one) => one === 'contradicted',
      ),
      retrievals: countOf(answers, ({ trace }) => trace.cache_hit !== null),
      cache_hits: countOf(answers, ({ trace }) => trace.cache_hit === true),
      timed: answers.length,
      within_60s: countOf(answers, ({ trace }) => trace.processing_time_ms <= 60_000),
      total_ms: answers.reduce((sum, { trace }) => sum + Math.round(trace.processing_time_ms), 0),
      keyword_ms: answers.reduce((sum, { trace }) => sum + Math.round(trace.timings_ms.keyword ?? 0), 0),
      generate_ms: answers.reduce((sum, { trace }) => sum + Math.round(trace.timings_ms.generate ?? 0), 0),
      input: answers.reduce((sum, { trace }) => sum + trace.tokens.input, 0),
      output: answers.reduce((sum, { trace }) => sum + trace.tokens.output, 0),
      documents,
      bytes,
    });
    expect(days.every(({ cost }) => cost !== null)).toBe(true);
    for (const { id } of people) expect(JSON.stringify(days)).not.toContain(id);

    // An account takes its figures along.
    for (const { id } of people) expect((await admin.json('DELETE', `/admin/users/${id}`)).status).toBe(204);
    expect(await read()).toEqual([]);
  } finally {
    await server.close();
  }
}, 180_000);

interface Counted {
  mode: unknown;
  isFailed: boolean;
  verifications: string[];
  trace: AnswerTrace;
}

/** What is kept of the newest answer. */
async function recount(who: Person, conversation: string): Promise<Counted> {
  const answer = (await historyOf(who, conversation)).at(-1);
  expect(answer?.role).toBe('assistant');
  const { body: trace } = await who.json<AnswerTrace>('GET', `/messages/${answer?.id}/trace`);
  const citations = (answer?.metadata['citations'] ?? []) as { verification: string }[];
  return {
    mode: answer?.metadata['mode'],
    isFailed: answer?.status === 'failed' || answer?.status === 'incomplete',
    verifications: citations.map(({ verification }) => verification),
    trace,
  };
}

function summed(days: readonly Day[]) {
  const sum = (of: (day: Day) => number): number => days.reduce((total, day) => total + of(day), 0);
  const times = (day: Day) => day.processing_time_ms ?? { n: 0, mean: 0, within_60s: 0 };
  const stage = (name: string): number =>
    Math.round(sum((day) => (day.latency_ms[name] ?? 0) * times(day).n));
  return {
    answers: sum((day) => day.answers),
    failed_answers: sum((day) => day.failed_answers),
    answers_from_documents: sum((day) => day.answers_from_documents),
    cited_answers: sum((day) => day.cited_answers),
    verified: sum((day) => day.citations.verified),
    unverified: sum((day) => day.citations.unverified),
    contradicted: sum((day) => day.citations.contradicted),
    retrievals: sum((day) => day.retrievals),
    cache_hits: sum((day) => day.cache_hits),
    timed: sum((day) => times(day).n),
    within_60s: sum((day) => times(day).within_60s),
    total_ms: Math.round(sum((day) => times(day).mean * times(day).n)),
    keyword_ms: stage('keyword'),
    generate_ms: stage('generate'),
    input: sum((day) => day.tokens.input),
    output: sum((day) => day.tokens.output),
    documents: sum((day) => day.documents),
    bytes: sum((day) => day.bytes),
  };
}

function countOf<T>(all: readonly T[], isSo: (one: T) => boolean): number {
  return all.filter(isSo).length;
}

/** Always the same numbers, each below `limit`. */
function createRandom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}
