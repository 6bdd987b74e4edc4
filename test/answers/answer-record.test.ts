import { beforeAll, describe, expect, test } from 'vitest';
import type { Answer, ConversationStatistics, StatisticsOverview } from '@alcove/contract';
import { newPerson, type Person } from '../support/app.ts';
import { behave } from '../support/provider.ts';
import { answeringApp } from './support/answering-app.ts';
import { addText, askInVain, askJson, beginningOf, historyOf, newConversation } from './support/asking.ts';

const { provider, app } = await answeringApp({}, { embeddings: true });
const fact = 'The lighthouse of Marsk was built in 1871. Its keeper is Ada Holm.';

function overviewOf(person: Person): Promise<StatisticsOverview> {
  return person.client.conversations.overview();
}

describe('what is kept with an answer', () => {
  let person: Person;
  let conversation: string;
  let beginning: string;
  beforeAll(async () => {
    person = await newPerson((await app()).baseUrl);
    conversation = await newConversation(person);
    await addText(person, conversation, fact);
    beginning = await beginningOf(person, conversation);
  });

  test('is the same in the answer and in the history', async () => {
    provider.script(behave.answer('It says "The lighthouse of Marsk was built in 1871." [1].'));
    const { body } = await askJson(person, conversation, 'When was it built?', {
      parent_id: beginning,
      top_k: 3,
    });
    const stored = (await historyOf(person, conversation)).at(-1);
    expect(stored?.metadata).toMatchObject({
      ...body.metadata,
      search_results: body.sources,
      mode: 'documents',
      cited: 1,
    });
    expect(body.metadata).toMatchObject({
      strategy: 'rrf_fusion',
      legs: ['keyword', 'vector'],
      top_k: 3,
      rewritten_query: null,
      cache_hit: false,
      model: 'test-chat',
    });
    const { timings_ms: timings, tokens, processing_time_ms: total } = body.metadata;
    for (const stage of ['embed', 'vector', 'keyword', 'fuse', 'generate'] as const)
      expect(timings[stage]).toBeGreaterThanOrEqual(0);
    expect(timings.rewrite).toBeNull();
    expect(total).toBeGreaterThanOrEqual(timings.generate ?? 0);
    expect(tokens).toEqual({ input: expect.any(Number), output: expect.any(Number) });
    expect(tokens.input).toBeGreaterThan(0);
    expect(body.sources[0]).toMatchObject({
      verified: true,
      excerpt: fact,
      document_name: 'notes.txt',
      char_start: 0,
      char_end: fact.length,
    });
  });

  test('says that a repeated question was answered from the cache of retrieval', async () => {
    const ask = () => askJson(person, conversation, 'Who is the keeper?', { parent_id: beginning });
    const [first, second] = [await ask(), await ask()];
    expect([first.body.metadata.cache_hit, second.body.metadata.cache_hit]).toEqual([false, true]);
    expect(second.body.sources.map(({ chunk_id: id }) => id)).toEqual(
      first.body.sources.map(({ chunk_id: id }) => id),
    );
  });

  test('counts tokens itself when the provider does not', async () => {
    provider.script(behave.answer('Eighteen seventy-one.', { usage: false }));
    const { body } = await askJson(person, conversation, 'When?', { parent_id: beginning });
    expect(body.metadata.tokens.output).toBeGreaterThan(0);
    expect(body.metadata.tokens.input).toBeGreaterThan(0);
  });
});

describe('statistics', () => {
  let person: Person;
  let conversation: string;
  const answers: Answer[] = [];
  beforeAll(async () => {
    provider.reset();
    person = await newPerson((await app()).baseUrl);
    conversation = await newConversation(person);
    await addText(person, conversation, fact, 'cited.txt');
    await addText(person, conversation, 'The price of herring is unknown.', 'never.txt');
    const beginning = await beginningOf(person, conversation);
    provider.setDefault(behave.answer('The lighthouse of Marsk was built in 1871 [1].'));
    for (let time = 0; time < 3; time += 1) {
      answers.push(
        (
          await askJson(person, conversation, 'When was the lighthouse of Marsk built?', {
            parent_id: beginning,
          })
        ).body,
      );
    }
    provider.setDefault(behave.unauthorized());
    await askInVain(person, conversation, 'Does this fail?', { parent_id: beginning });
  });

  test('of the account count what was asked, answered and searched', async () => {
    const seen = await overviewOf(person);
    expect(seen).toMatchObject({
      total_conversations: 1,
      total_messages: 9,
      messages_by_role: { user: 4, assistant: 4, system: 1 },
      total_documents: 2,
      total_chunks: 2,
      conversations_by_type: { general: 1, rag_query: 0 },
    });
    // Of four retrievals two found their result in the cache.
    expect(seen.cache_hit_rate).toBe(0.5);
    expect(seen.tokens.input).toBeGreaterThanOrEqual(
      answers.reduce((sum, { metadata }) => sum + metadata.tokens.input, 0),
    );
    expect(seen.tokens.output).toBe(answers.reduce((sum, { metadata }) => sum + metadata.tokens.output, 0));
    for (const stage of ['keyword', 'vector', 'generate'])
      expect(seen.latency_ms[stage]?.n).toBeGreaterThan(0);
    expect(seen.activity.at(-1)).toMatchObject({ messages: 9, questions: 4 });
  });

  test('of the conversation name documents never cited and questions without an answer', async () => {
    const seen = (await person.json<ConversationStatistics>('GET', `/conversations/${conversation}/stats`))
      .body;
    expect(seen.documents_never_cited.map(({ name }) => name)).toEqual(['never.txt']);
    expect(seen.unanswered_questions.map(({ content }) => content)).toEqual(['Does this fail?']);
    expect(seen).toMatchObject({
      total_messages: 9,
      total_documents: 2,
      total_chunks: 2,
      cache_hit_rate: 0.5,
    });
  });

  test('are gone with the conversation, but not what was spent', async () => {
    const before = await overviewOf(person);
    await person.json('DELETE', `/conversations/${conversation}`);
    const after = await overviewOf(person);
    expect(after).toMatchObject({
      total_conversations: 0,
      total_messages: 0,
      total_documents: 0,
      total_chunks: 0,
      total_bytes: 0,
    });
    expect(after.tokens).toEqual(before.tokens);
  });
});
