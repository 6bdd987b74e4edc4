import { beforeAll, describe, expect, test } from 'vitest';
import type { Answer, Retrieved } from '@alcove/contract';
import { answeringApp } from '../answers/support/answering-app.ts';
import { addText, askJson, beginningOf, newConversation } from '../answers/support/asking.ts';
import { newPerson, type Person } from '../support/app.ts';
import { behave } from '../support/provider.ts';

const { provider, app } = await answeringApp({}, { embeddings: true });
let person: Person;
beforeAll(async () => {
  person = await newPerson((await app()).baseUrl);
});

const retrieve = (conversation: string, query: string, more: object = {}): Promise<Retrieved> =>
  person.client.retrieve(conversation, { query, ...more });

function namesOf({ results }: Retrieved): string[] {
  return results.map(({ document_name: name }) => name).toSorted();
}

describe('a conversation', () => {
  test('finds its own documents and never those of another, by any strategy', async () => {
    const [one, two] = [await newConversation(person), await newConversation(person)];
    await addText(person, one, 'The canary is called KESTREL.', 'one.txt');
    await addText(person, two, 'The canary is called MERLIN.', 'two.txt');
    for (const strategy of ['keyword', 'vector', 'rrf_fusion']) {
      expect(
        namesOf(await retrieve(one, 'What is the canary KESTREL or MERLIN called?', { strategy })),
      ).toEqual(['one.txt']);
      expect(
        JSON.stringify(await retrieve(two, 'What is the canary KESTREL or MERLIN called?', { strategy })),
      ).not.toContain('KESTREL is');
      expect(
        namesOf(await retrieve(two, 'What is the canary KESTREL or MERLIN called?', { strategy })),
      ).toEqual(['two.txt']);
    }
  });

  test('ranks by its own words: those of another change no score', async () => {
    const one = await newConversation(person);
    await addText(person, one, 'The organ of the chapel has forty pipes.');
    const before = await retrieve(one, 'organ pipes', { strategy: 'keyword' });
    const two = await newConversation(person);
    await addText(person, two, 'Organ pipes, organ pipes, organ pipes.');
    const after = await retrieve(one, 'organ  pipes', { strategy: 'keyword' });
    expect(after.results.map(({ score }) => score)).toEqual(before.results.map(({ score }) => score));
  });

  test('can be asked about some of its documents only', async () => {
    const id = await newConversation(person);
    const [a, b] = [
      await addText(person, id, 'Anchors weigh ten tonnes.', 'a.txt'),
      await addText(person, id, 'Anchors are painted black.', 'b.txt'),
    ];
    const { body } = await askJson(person, id, 'What about anchors?', { document_ids: [b.id] });
    expect(body.sources.map(({ document_name: name }) => name)).toEqual(['b.txt']);
    expect(body.sources.some(({ document_id: source }) => source === a.id)).toBe(false);
  });

  test('does not find a document of another conversation that is named in document_ids', async () => {
    const [one, two] = [await newConversation(person), await newConversation(person)];
    const foreign = await addText(person, one, 'The vault opens at noon.', 'foreign.txt');
    await addText(person, two, 'The shop opens at ten.', 'own.txt');
    const stranger = await newPerson((await app()).baseUrl);
    const theirs = await newConversation(stranger);
    const { id: strange } = await addText(stranger, theirs, 'The safe opens at eight.', 'strange.txt');
    const { status, body } = await askJson(person, two, 'When does the vault open?', {
      document_ids: [foreign.id, strange],
    });
    if (status === 200) expect(body.sources).toEqual([]);
    else expect(status).toBe(404);
    const sent = provider.chats.map(({ prompt }) => prompt?.text).join('\n');
    expect(sent).not.toMatch(/at noon|at eight/);
  });

  test('finds a document where it was moved to, and no longer where it was', async () => {
    const [from, to] = [await newConversation(person), await newConversation(person)];
    const { id } = await addText(person, from, 'The compass points north.', 'moved.txt');
    await addText(person, to, 'The sextant measures angles.', 'there.txt');
    expect(namesOf(await retrieve(from, 'compass sextant'))).toEqual(['moved.txt']);
    expect(namesOf(await retrieve(to, 'compass sextant'))).toEqual(['there.txt']);
    await person.json('DELETE', `/conversations/${from}?keep_documents_in=${to}`);
    expect(namesOf(await retrieve(to, 'compass sextant'))).toEqual(['moved.txt', 'there.txt']);
    expect((await person.json('POST', `/conversations/${from}/retrieve`, { query: 'compass' })).status).toBe(
      404,
    );
    expect((await person.client.documents.get(id)).conversation_id).toBe(to);
  });
});

describe('scope "all"', () => {
  const askAll = (who: Person, query: string) =>
    who.json<Answer>('POST', '/rag/query', { query, scope: 'all' });

  test('finds in all conversations of the person, names each, and never looks at another person', async () => {
    const [anna, bert] = [await newPerson((await app()).baseUrl), await newPerson((await app()).baseUrl)];
    const [one, two] = [await newConversation(anna), await newConversation(anna)];
    await addText(anna, one, 'The blue boat is called Iris.', 'one.txt');
    await addText(anna, two, 'The red boat is called Ruby.', 'two.txt');
    await addText(bert, await newConversation(bert), 'The green boat is called Jade.', 'theirs.txt');
    const { status, body } = await askAll(anna, 'What are the boats called?');
    expect(status).toBe(200);
    expect(
      body.sources.map(({ document_name: name, conversation_id: from }) => [name, from]).toSorted(),
    ).toEqual([
      ['one.txt', one],
      ['two.txt', two],
    ]);
    expect((await provider.chat(1)).prompt?.text).not.toContain('Jade');
    expect(
      (await askAll(bert, 'What are the boats called?')).body.sources.map(({ document_name: name }) => name),
    ).toEqual(['theirs.txt']);
  });

  test('does not find what has been deleted meanwhile, whatever the cache holds', async () => {
    const anna = await newPerson((await app()).baseUrl);
    const [one, two] = [await newConversation(anna), await newConversation(anna)];
    await addText(anna, one, 'The blue boat is called Iris.', 'one.txt');
    await addText(anna, two, 'The red boat is called Ruby.', 'two.txt');
    expect((await askAll(anna, 'boats?')).body.sources).toHaveLength(2);
    await anna.json('DELETE', `/conversations/${two}`);
    expect((await askAll(anna, 'boats?')).body.sources).toHaveLength(1);
    // As many changes as before: a counter of changes alone would look the same again.
    await addText(anna, one, 'The white boat is called Pearl.', 'three.txt');
    const { body } = await askAll(anna, 'boats?');
    expect(body.sources.map(({ document_name: name }) => name).toSorted()).toEqual(['one.txt', 'three.txt']);
  });

  test('is not the default: a new conversation sees nothing', async () => {
    const { body } = await person.json<Answer>('POST', '/rag/query', { query: 'What is the canary called?' });
    expect(body).toMatchObject({ mode: 'llm', sources: [] });
  });
});

describe('the cache', () => {
  let conversation: string;
  let first: string;
  beforeAll(async () => {
    conversation = await newConversation(person);
    first = (await addText(person, conversation, 'Tides are caused by the moon.', 'tides.txt')).id;
  });

  test('answers a repeated retrieval, with the same results', async () => {
    const [once, again] = [await retrieve(conversation, 'tides'), await retrieve(conversation, 'tides')];
    expect([once.cache_hit, again.cache_hit]).toEqual([false, true]);
    expect(again.results).toEqual(once.results);
  });

  test('does not mix questions, strategies or numbers of passages', async () => {
    await retrieve(conversation, 'moon tides');
    expect((await retrieve(conversation, 'moon tides', { strategy: 'keyword' })).cache_hit).toBe(false);
    expect((await retrieve(conversation, 'moon tides', { top_k: 3 })).cache_hit).toBe(false);
    expect((await retrieve(conversation, 'moon  tide')).cache_hit).toBe(false);
  });

  test('forgets when a document is added, switched off, on again, renamed or deleted', async () => {
    const look = () => retrieve(conversation, 'what causes tides');
    await look();
    const added = await addText(person, conversation, 'Spring tides are high.', 'spring.txt');
    const afterAdding = await look();
    expect([afterAdding.cache_hit, namesOf(afterAdding)]).toEqual([false, ['spring.txt', 'tides.txt']]);
    await person.client.documents.update(added.id, { context_mode: 'off' });
    const afterOff = await look();
    expect([afterOff.cache_hit, namesOf(afterOff)]).toEqual([false, ['tides.txt']]);
    await person.client.documents.update(added.id, { context_mode: 'auto', name: 'high.txt' });
    const afterOn = await look();
    expect([afterOn.cache_hit, namesOf(afterOn)]).toEqual([false, ['high.txt', 'tides.txt']]);
    await person.client.documents.delete(added.id);
    const afterDeletion = await look();
    expect([afterDeletion.cache_hit, namesOf(afterDeletion)]).toEqual([false, ['tides.txt']]);
  });

  test('does not answer a new question from what was there at the last one', async () => {
    const id = await newConversation(person);
    const one = await addText(person, id, 'The lighthouse was built of granite.', 'one.txt');
    let asked = 0;
    const look = () => retrieve(id, `what about the lighthouse, for the ${(asked += 1)}th time`);
    expect(namesOf(await look())).toEqual(['one.txt']);
    const two = await addText(person, id, 'The lighthouse was painted white.', 'two.txt');
    expect(namesOf(await look())).toEqual(['one.txt', 'two.txt']);
    await person.client.documents.update(one.id, { context_mode: 'off' });
    expect(namesOf(await look())).toEqual(['two.txt']);
    await person.client.documents.update(two.id, { name: 'renamed.txt' });
    expect(namesOf(await look())).toEqual(['renamed.txt']);
    await person.client.documents.delete(two.id);
    expect(namesOf(await look())).toEqual([]);
    await person.client.documents.update(one.id, { context_mode: 'auto' });
    const last = await look();
    expect([last.cache_hit, namesOf(last)]).toEqual([false, ['one.txt']]);
  });

  test('is not shared between people with the same file and the same question', async () => {
    const [anna, bert] = [await newPerson((await app()).baseUrl), await newPerson((await app()).baseUrl)];
    const [hers, his] = [await newConversation(anna), await newConversation(bert)];
    await addText(anna, hers, 'Tides are caused by the moon.');
    await addText(bert, his, 'Tides are caused by the moon.');
    expect((await anna.client.retrieve(hers, { query: 'moon?' })).cache_hit).toBe(false);
    const found = await bert.client.retrieve(his, { query: 'moon?' });
    expect(found.cache_hit).toBe(false);
    expect(found.results.map(({ document_id: id }) => id)).toEqual(
      (await bert.client.documents.list(his)).documents.map(({ id }) => id),
    );
  });

  test('of a deleted conversation answers nobody', async () => {
    const id = await newConversation(person);
    await addText(person, id, 'Gulls follow the plough.');
    await retrieve(id, 'gulls');
    await person.json('DELETE', `/conversations/${id}`);
    expect((await person.json('POST', `/conversations/${id}/retrieve`, { query: 'gulls' })).status).toBe(404);
  });

  describe('while embeddings are away', () => {
    test('the keyword leg answers alone and says so, and both legs run again as soon as they are back', async () => {
      provider.scriptEmbeddings(behave.unauthorized());
      const away = await retrieve(conversation, 'the moon and the tides');
      expect(away.legs).toEqual(['keyword']);
      expect(away.results.map(({ document_id: id }) => id)).toEqual([first]);
      expect(away.notices.join('\n')).toMatch(/Semantic search failed/);
      const back = await retrieve(conversation, 'the moon and the tides');
      expect(back.legs).toEqual(['keyword', 'vector']);
      expect(back.notices).toEqual([]);
    });

    test('vector fails with the reason', async () => {
      provider.scriptEmbeddings(behave.unauthorized());
      const failed = await person.json('POST', `/conversations/${conversation}/retrieve`, {
        query: 'the sun',
        strategy: 'vector',
      });
      expect(failed).toMatchObject({ status: 502, body: { code: 'model_unavailable' } });
    });

    test('an answer is written all the same', async () => {
      provider.scriptEmbeddings(behave.unauthorized());
      const beginning = await beginningOf(person, conversation);
      const { status, body } = await askJson(person, conversation, 'What causes the tides?', {
        parent_id: beginning,
      });
      expect(status).toBe(200);
      expect(body.metadata.legs).toEqual(['keyword']);
      expect(body.metadata.notices.join('\n')).toMatch(/Semantic search failed/);
    });
  });
});
