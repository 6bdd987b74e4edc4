import type { Answer, ConversationStatistics, StatisticsOverview } from '@alcove/contract';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { newPerson, type Person, sharedApp } from '../support/app.ts';
import { sampled } from '../support/full-run.ts';
import { behave, startProvider } from '../support/provider.ts';
import { addText, askJson, askStream, newConversation } from './support/asking.ts';
import { until } from './support/until.ts';
import { readAll, wireEvents } from './support/wire-events.ts';

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

/** What a client could count by itself. */
interface Conversation {
  id: string;
  messages: { role: 'user' | 'assistant' | 'system' }[];
  answers: Answer[];
  documents: { id: string; name: string; size: number; chunks: number }[];
  unanswered: string[];
}

function random(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

test.each(sampled([1, 2], 2))(
  'equal a recount after a random history with deletions (seed %i)',
  { timeout: 180_000 },
  async (seed) => {
    const who = await newPerson((await app()).baseUrl);
    const pick = random(seed);
    const all: Conversation[] = [];
    const everAsked: Answer[] = [];
    let questions = 0;
    let named = 0;

    const begin = async (): Promise<void> => {
      all.push({
        id: await newConversation(who),
        messages: [],
        answers: [],
        documents: [],
        unanswered: [],
      });
    };
    const ask = async (one: Conversation): Promise<void> => {
      const outcome = pick(4);
      const query = `What about topic${pick(3)}, question ${(named += 1)}?`;
      const isFollowUp = one.messages.some(({ role }) => role === 'user') && one.documents.length > 0;
      if (isFollowUp) provider.script(behave.answer(`["topic${pick(3)}"]`));
      if (outcome === 0) provider.script(behave.unauthorized());
      else if (outcome === 1) provider.script(behave.answer('I cannot tell.'));
      else provider.script(behave.answer('It is a topic worth a text [1].'));
      const events = await readAll(wireEvents(await askStream(who, one.id, query)));
      provider.reset();
      questions += 1;
      one.messages.push({ role: 'user' }, { role: 'assistant' });
      const done = events.find(({ type }) => type === 'done')?.data as { answer: Answer } | undefined;
      if (done === undefined) {
        one.unanswered.push(query);
        return;
      }
      one.answers.push(done.answer);
      everAsked.push(done.answer);
      const isCited = done.answer.sources.some(({ verified }) => verified);
      if (done.answer.mode === 'documents' && !isCited) one.unanswered.push(query);
    };
    const append = async (one: Conversation): Promise<void> => {
      const role = (['user', 'assistant', 'system'] as const)[pick(3)] ?? 'user';
      const content = `note ${(named += 1)}`;
      await who.client.messages.add(one.id, { role, content });
      // An answer right below a question answers it; anything else leaves it open.
      const last = one.messages.at(-1);
      if (role === 'assistant' && last?.role === 'user') one.unanswered.pop();
      one.messages.push({ role });
      if (role !== 'user') return;
      questions += 1;
      one.unanswered.push(content);
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

    for (let step = 0; step < 45; step += 1) {
      if (all.length === 0 || pick(10) === 0) await begin();
      const one = all[pick(all.length)];
      if (one === undefined) continue;
      await [ask, ask, ask, append, append, add, remove, pick(4) === 0 ? end : add][pick(8)]?.(one);
    }
    await begin();

    const sum = (numbers: number[]): number => numbers.reduce((total, one) => total + one, 0);
    const rate = (answers: Answer[]): number | null => {
      const retrieved = answers.filter(({ mode }) => mode === 'documents');
      return retrieved.length === 0
        ? null
        : retrieved.filter(({ metadata }) => metadata.cache_hit).length / retrieved.length;
    };
    for (const one of all) {
      const stats = await statsOf(who, one.id);
      const count = (role: string): number => one.messages.filter((message) => message.role === role).length;
      const cited = one.answers.flatMap(({ sources }) => sources.filter(({ verified }) => verified));
      expect(stats).toMatchObject({
        total_messages: one.messages.length,
        messages_by_role: { user: count('user'), assistant: count('assistant'), system: count('system') },
        total_documents: one.documents.length,
        total_chunks: sum(one.documents.map(({ chunks }) => chunks)),
        total_bytes: sum(one.documents.map(({ size }) => size)),
        engagement: { questions: count('user'), active_days: one.messages.length === 0 ? 0 : 1 },
      });
      expect(stats.documents_never_cited.map(({ id }) => id).toSorted()).toEqual(
        one.documents
          .map(({ id }) => id)
          .filter((id) => !cited.some((source) => source.document_id === id))
          .toSorted(),
      );
      expect(stats.unanswered_questions.map(({ content }) => content).toSorted()).toEqual(
        one.unanswered.toSorted(),
      );
      if (cited.length > 0)
        expect(stats.retrieval_quality.mean_cited_score).toBeCloseTo(
          sum(cited.map(({ score }) => score)) / cited.length,
          6,
        );
    }
    const overview = await overviewOf(who);
    expect(overview).toMatchObject({
      total_conversations: all.length,
      total_messages: sum(all.map(({ messages }) => messages.length)),
      total_documents: sum(all.map(({ documents }) => documents.length)),
      total_chunks: sum(all.flatMap(({ documents }) => documents.map(({ chunks }) => chunks))),
      total_bytes: sum(all.flatMap(({ documents }) => documents.map(({ size }) => size))),
      engagement: { questions, active_days: 1, questions_per_active_day: questions },
    });
    await until('every answer is counted', async () => {
      const { tokens } = await overviewOf(who);
      return tokens.output >= sum(everAsked.map(({ metadata }) => metadata.tokens.output));
    });
    const complete = rate(everAsked);
    if (complete !== null) expect(overview.cache_hit_rate).not.toBeNull();
  },
);
