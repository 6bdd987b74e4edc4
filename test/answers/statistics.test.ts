import type { ConversationStatistics, StatisticsOverview } from '@alcove/contract';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { newPerson, type Person, sharedApp } from '../support/app.ts';
import { sampled } from '../support/full-run.ts';
import { behave, startProvider } from '../support/provider.ts';
import { addText, askJson, askStream, historyOf, newConversation } from './support/asking.ts';
import {
  cacheRate,
  type Conversation,
  countOf,
  daysOf,
  expectDay,
  expectMeasures,
  type Made,
  neverCited,
  ofRole,
  type Said,
  unanswered,
  usageOf,
} from './support/recount.ts';
import { readAll, wireEvents } from './support/wire-events.ts';

const dayMs = 86_400_000;
const provider = await startProvider();
afterAll(() => provider.close());
beforeEach(() => provider.reset());
const app = sharedApp({ env: { LLM_BASE_URL: provider.baseUrl, LLM_MODEL: 'test-chat' } });
let person: Person;
beforeAll(async () => {
  person = await newPerson((await app()).baseUrl);
});

async function statsOf(who: Person, id: string): Promise<ConversationStatistics> {
  return (await who.json<ConversationStatistics>('GET', `/conversations/${id}/stats`)).body;
}

async function overviewOf(who: Person): Promise<StatisticsOverview> {
  return (await who.json<StatisticsOverview>('GET', '/conversations/stats/overview')).body;
}

test('the tokens of a rewritten question count with its answer', async () => {
  const id = await newConversation(person);
  await addText(person, id, 'The lighthouse of Marsk was built in 1871.');
  provider.script(behave.answer('In 1871 [1].'));
  const first = await askJson(person, id, 'When was the lighthouse of Marsk built?');
  provider.script(
    behave.answer('["Who built the lighthouse of Marsk?"]'),
    behave.answer('Nobody knows [1].'),
  );
  const second = await askJson(person, id, 'And who built it?');
  const [one, two] = [first, second].map(({ body }) => body.metadata.tokens);
  const { tokens } = await statsOf(person, id);
  expect(tokens).toEqual({
    input: (one?.input ?? 0) + (two?.input ?? 0),
    output: (one?.output ?? 0) + (two?.output ?? 0),
  });
  // The stand-in counts each request: two of them made the second answer.
  expect(two?.output ?? 0).toBeGreaterThan(one?.output ?? 0);
  expect(two?.input ?? 0).toBeGreaterThan(one?.input ?? 0);
});

test('without retrieval there is no cache rate, and plain answers do not lower it', async () => {
  const plain = await newConversation(person);
  provider.script(behave.answer('Hello.'));
  await askJson(person, plain, 'Hello?');
  const stats = await statsOf(person, plain);
  expect(stats.cache_hit_rate).toBeNull();
  expect(stats.retrieval_quality).toEqual({ answers: 0, cited_share: null, mean_cited_score: null });
  expect(stats.processing_time_ms).toMatchObject({ n: 1 });
});

test('days tell times and cache hits of their answers, and no rate where nothing was searched', async () => {
  const who = await newPerson((await app()).baseUrl);
  const { pool } = (await app()).app.db;
  const make = async (id: string, question: string, daysAgo: number): Promise<Said> => {
    provider.script(behave.answer('In 1871 [1].'));
    const { message_id: answer } = (await askJson(who, id, question)).body;
    await pool.query('UPDATE retrieval_traces SET created_at = $2 WHERE message_id = $1', [
      answer,
      new Date(Date.now() - daysAgo * dayMs),
    ]);
    const said = (await historyOf(who, id)).find((one) => one.id === answer);
    if (said === undefined) throw new Error('the answer is not in the history');
    return { ...said, made: said.metadata as unknown as Made };
  };
  const plain = await newConversation(who);
  const old = await make(plain, 'Hello?', 3);
  await make(plain, 'Hello so long ago?', 95);
  const searching = async (daysAgo: number): Promise<Said> => {
    const id = await newConversation(who);
    await addText(who, id, 'The lighthouse of Marsk was built in 1871.');
    return make(id, 'When was the lighthouse of Marsk built?', daysAgo);
  };
  const [first, second, today] = [await searching(1), await searching(1), await searching(0)];
  const dayBefore = (days: number): string => new Date(Date.now() - days * dayMs).toISOString().slice(0, 10);
  const check = async (): Promise<void> => {
    const days = (await overviewOf(who)).answers_by_day;
    expect(days).toHaveLength(3);
    expectDay(days[0], dayBefore(3), [old]);
    expectDay(days[1], dayBefore(1), [first, second]);
    expectDay(days[2], dayBefore(0), [today]);
    expect(days[0]).toMatchObject({ retrievals: 0, cache_hit_rate: null });
  };
  await check();
  // As an earlier version wrote them.
  await pool.query('UPDATE retrieval_traces SET figures = NULL WHERE user_id = $1', [who.id]);
  await check();
  // Far in the west the newest ones may be of the day before; none is lost.
  const query = { time_zone: 'Pacific/Honolulu' };
  const west = (await who.client.conversations.overview(query)).answers_by_day;
  expect(west.reduce((sum, { retrievals }) => sum + retrievals, 0)).toBe(3);
  // What broke off at once has made nothing.
  await pool.query(`UPDATE retrieval_traces SET trace = '{}' WHERE message_id = $1`, [old.id]);
  expect((await overviewOf(who)).answers_by_day.map(({ day }) => day)).toEqual([dayBefore(1), dayBefore(0)]);
});

test('a question that is answered in a second try is not unanswered', async () => {
  const id = await newConversation(person);
  provider.script(behave.unauthorized());
  await askJson(person, id, 'Hello?');
  const before = await statsOf(person, id);
  expect(before.unanswered_questions.map(({ content }) => content)).toEqual(['Hello?']);
  const question = before.unanswered_questions[0]?.message_id ?? '';
  await person.client.messages.add(id, { role: 'assistant', content: 'Hello.', parent_id: question });
  expect((await statsOf(person, id)).unanswered_questions).toEqual([]);
});

test('what a client notes as sources of an answer of its own does no harm', async () => {
  const id = await newConversation(person);
  const search_results = [
    { verified: true, score: 'high' },
    { verified: true, score: 1e300 },
    'none',
    1,
    null,
  ];
  await person.json('POST', `/conversations/${id}/messages`, {
    role: 'assistant',
    content: 'Hello.',
    message_metadata: { mode: 'documents', cited: 2, search_results },
  });
  await person.fetch(`/conversations/${id}/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: `{"role":"assistant","content":"Hello.","message_metadata":{"mode":"documents","search_results":[{"verified":true,"score":1e999}]}}`,
  });
  for (const path of [`/conversations/${id}/stats`, '/conversations/stats/overview', '/conversations/stats'])
    expect((await person.json('GET', path)).status).toBe(200);
});

function random(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

test.each(sampled([1, 2, 3, 4], 4))(
  'equal a recount after a random history with deletions (seed %i)',
  { timeout: 180_000 },
  async (seed) => {
    const who = await newPerson((await app()).baseUrl);
    const pick = random(seed);
    const all: Conversation[] = [];
    const everSaid: Said[] = [];
    let named = 0;

    const begin = async (): Promise<void> => {
      all.push({ id: await newConversation(who), messages: [], documents: [] });
    };
    const say = (one: Conversation, ...said: Said[]): void => {
      one.messages.push(...said);
      everSaid.push(...said);
    };
    const ask = async (one: Conversation): Promise<void> => {
      const outcome = pick(4);
      // Some are asked twice: the cache knows them.
      const query = `What about topic${pick(3)}${pick(2) === 0 ? '' : `, question ${(named += 1)}`}?`;
      const isFollowUp = one.messages.some(({ role }) => role === 'user') && one.documents.length > 0;
      if (isFollowUp) provider.script(behave.answer(`["topic${pick(3)}"]`));
      if (outcome === 0) provider.script(behave.unauthorized());
      else if (outcome === 1) provider.script(behave.answer('I cannot tell.'));
      else provider.script(behave.answer('It is a topic worth a text [1].'));
      await readAll(wireEvents(await askStream(who, one.id, query)));
      provider.reset();
      const [question, answer] = (await historyOf(who, one.id)).slice(-2);
      if (question === undefined || answer === undefined) throw new Error('the answer is not in the history');
      expect([question.content, answer.role]).toEqual([query, 'assistant']);
      const made = answer.metadata as unknown as Made;
      say(one, { ...question, made: null }, { ...answer, made });
    };
    const append = async (one: Conversation): Promise<void> => {
      const role = (['user', 'assistant', 'system'] as const)[pick(3)] ?? 'user';
      const content = `note ${(named += 1)}`;
      const { id, status } = await who.client.messages.add(one.id, { role, content });
      say(one, { id, role, content, status, made: null });
    };
    const takeBack = async (one: Conversation): Promise<void> => {
      // Of the last four, so that something stays.
      const at = Math.max(0, one.messages.length - 1 - pick(4));
      const gone = one.messages.splice(at);
      const [top] = gone;
      if (top === undefined) return;
      const { deleted } = await who.client.messages.delete(top.id);
      expect(deleted.messages).toBe(gone.length);
    };
    const add = async (one: Conversation): Promise<void> => {
      const name = `text-${(named += 1)}.txt`;
      const text = `This text ${named} is about topic${pick(3)}. It is a topic worth a text.`;
      const made = await addText(who, one.id, text, name);
      one.documents.push({ id: made.id, name, size: made.size_bytes, chunks: made.chunk_count });
    };
    const remove = async (one: Conversation): Promise<void> => {
      const [gone] = one.documents.splice(pick(one.documents.length), 1);
      if (gone !== undefined) await who.client.documents.delete(gone.id);
    };
    const end = async (one: Conversation): Promise<void> => {
      all.splice(all.indexOf(one), 1);
      await who.json('DELETE', `/conversations/${one.id}`);
    };

    const deeds = [ask, ask, ask, ask, append, append, add, add, remove, takeBack];
    for (let step = 0; step < 50; step += 1) {
      if (all.length === 0 || pick(12) === 0) await begin();
      const one = all[pick(all.length)];
      if (one === undefined) continue;
      if (pick(30) === 0) await end(one);
      else await deeds[pick(deeds.length)]?.(one);
    }
    await begin();

    const listed = (await who.client.conversations.listStats()).conversations;
    expect(listed).toHaveLength(all.length);
    for (const one of all) {
      const stats = await statsOf(who, one.id);
      const never = neverCited(one);
      const open = unanswered(one.messages);
      const questions = ofRole(one.messages, 'user');
      const counted = {
        ...countOf([one]),
        ...usageOf(one.messages),
        cache_hit_rate: cacheRate(one.messages),
      };
      expect(stats).toMatchObject(counted);
      expect(stats).toMatchObject({
        engagement: { questions, ...daysOf(one.messages.length, questions) },
        activity: one.messages.length === 0 ? [] : [{ messages: one.messages.length, questions }],
      });
      expectMeasures(stats, one.messages);
      expect(stats.documents_never_cited.map(({ id }) => id).toSorted()).toEqual(never);
      expect(stats.unanswered_questions.map(({ message_id: id }) => id).toSorted()).toEqual(open);
      expect(listed.find(({ conversation_id: id }) => id === one.id)).toMatchObject({
        messages: one.messages.length,
        questions,
        unanswered_questions: open.length,
        documents: one.documents.length,
        documents_never_cited: never.length,
        chunks: counted.total_chunks,
        bytes: counted.total_bytes,
        tokens: counted.tokens,
        models: counted.models,
      });
    }
    // What was spent and asked stays counted; what is measured is measured on what is there.
    const overview = await overviewOf(who);
    const questions = ofRole(everSaid, 'user');
    expect(overview).toMatchObject({
      total_conversations: all.length,
      conversations_by_type: { general: all.length, rag_query: 0 },
      conversations_by_status: { active: all.length, archived: 0 },
      ...countOf(all),
      ...usageOf(everSaid),
      cache_hit_rate: cacheRate(everSaid),
      engagement: { questions, ...daysOf(everSaid.length, questions) },
      activity: [{ messages: everSaid.length, questions }],
    });
    expectMeasures(
      overview,
      all.flatMap(({ messages }) => messages),
    );
    const answered = all.flatMap(({ messages }) => messages);
    const [day, ...otherDays] = overview.answers_by_day;
    expectDay(day, new Date().toISOString().slice(0, 10), answered);
    expect(otherDays).toEqual([]);
    // Without these the history would have shown nothing.
    expect(everSaid.length).toBeGreaterThan(all.flatMap(({ messages }) => messages).length);
    expect(cacheRate(everSaid)).toBeGreaterThan(0);
  },
);
