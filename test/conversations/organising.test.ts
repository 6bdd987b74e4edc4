import type { Answer, Conversation, Project, Template } from '@alcove/contract';
import { beforeAll, describe, expect, test } from 'vitest';
import { answeringApp } from '../answers/support/answering-app.ts';
import { addText, askJson, conversationAbout, newConversation } from '../answers/support/asking.ts';
import { until } from '../answers/support/until.ts';
import { newPerson, type Person } from '../support/app.ts';
import { behave } from '../support/provider.ts';

const { provider, app } = await answeringApp();
let person: Person;
beforeAll(async () => {
  person = await newPerson((await app()).baseUrl);
});

async function create<T>(path: string, body: unknown): Promise<T> {
  const made = await person.json<T>('POST', path, body);
  expect({ status: made.status, body: made.body }).toMatchObject({ status: 201 });
  return made.body;
}

/** What the model has been sent with the newest question. */
function lastRequest(): Record<string, unknown> {
  return provider.chats.at(-1)?.body ?? {};
}

describe('settings of a conversation', () => {
  test('hold for its questions, and a question may say otherwise', async () => {
    const conversation = await conversationAbout(person, 'Storks winter in the south.');
    const settings = {
      prompt: 'Answer as a captain would.',
      strategy: 'keyword',
      top_k: 3,
      temperature: 0.3,
      max_output_tokens: 120,
    };
    const changed = await person.json<Conversation>('PATCH', `/conversations/${conversation}`, { settings });
    expect(changed.body.settings).toEqual(settings);
    provider.script(behave.answer('In the south [1].'), behave.answer('In the south [1].'));
    const { body } = await askJson(person, conversation, 'Where do storks winter?');
    expect(body.metadata).toMatchObject({ strategy: 'keyword', top_k: 3 });
    expect(JSON.stringify(lastRequest()['messages'])).toContain('Answer as a captain would.');
    expect(lastRequest()).toMatchObject({ temperature: 0.3, max_tokens: 120 });
    const other = await askJson(person, conversation, 'And herons?', { strategy: 'rrf_fusion', top_k: 5 });
    expect(other.body.metadata).toMatchObject({ strategy: 'rrf_fusion', top_k: 5 });
  });

  test('of an earlier version are shown as far as they are known', async () => {
    const conversation = await newConversation(person);
    await (
      await app()
    ).app.db.pool.query(
      `UPDATE conversations SET settings = '{"docs_only": true, "mood": "good", "top_k": 900}' WHERE id = $1`,
      [conversation],
    );
    const { body } = await person.json<Conversation>('GET', `/conversations/${conversation}?limit=1`);
    expect(body).toMatchObject({ settings: { docs_only: true } });
    expect(Object.keys(body.settings)).toEqual(['docs_only']);
  });

  test('that are not known, or name a model that is not there, are refused', async () => {
    const conversation = await newConversation(person);
    for (const settings of [{ temperature: 3 }, { model: 'nobody' }, { mood: 'good' }, { top_k: 0 }]) {
      const refused = await person.json('PATCH', `/conversations/${conversation}`, { settings });
      expect({ settings, status: refused.status }).toEqual({ settings, status: 400 });
    }
  });
});

describe('a project', () => {
  test('tells the model its prompt in every conversation of it, and lets go of them when it goes', async () => {
    const project = await create<Project>('/projects', { name: 'Ferries', prompt: 'Distances in miles.' });
    const inside = await create<Conversation>('/conversations', { project_id: project.id });
    const outside = await newConversation(person);
    provider.script(behave.answer('Two miles.'), behave.answer('Three kilometres.'));
    await askJson(person, inside.id, 'How far is it?');
    expect(JSON.stringify(lastRequest())).toContain('Distances in miles.');
    await askJson(person, outside, 'How far is it?');
    expect(JSON.stringify(lastRequest())).not.toContain('Distances in miles.');
    const listed = await person.json<{ conversations: Conversation[] }>(
      'GET',
      `/conversations?project_id=${project.id}`,
    );
    expect(listed.body.conversations.map(({ id }) => id)).toEqual([inside.id]);
    const other = await create<Conversation>('/conversations', { project_id: project.id });
    await person.json('DELETE', `/conversations/${other.id}`);
    const before = await person.client.conversations.get(inside.id);
    await until('the clock has gone on', () => Date.now() > Date.parse(before.updated_at));
    expect((await person.json('DELETE', `/projects/${project.id}`)).status).toBe(200);
    const kept = await person.json<Conversation>('GET', `/conversations/${inside.id}`);
    expect(kept.body.project_id).toBeNull();
    // Told to whoever follows what changes.
    expect(Date.parse(kept.body.updated_at)).toBeGreaterThan(Date.parse(before.updated_at));
    expect((await person.json('POST', `/conversations/${other.id}/restore`)).status).toBe(200);
    expect((await person.json('DELETE', `/projects/${project.id}`)).status).toBe(404);
    const lost = await person.json('POST', '/conversations', { project_id: project.id });
    expect(lost.status).toBe(404);
  });
});

describe('a template', () => {
  test('made of a conversation begins others with its settings and documents, which are their own', async () => {
    const source = await conversationAbout(person, 'The boiler stands in cellar 7B.', 'cellars.txt');
    await person.json('PATCH', `/conversations/${source}`, { settings: { docs_only: true } });
    const template = await create<Template>('/templates', {
      name: 'Cellars',
      starter_questions: ['Where is the boiler?'],
      from_conversation_id: source,
    });
    expect(template).toMatchObject({ settings: { docs_only: true }, document_count: 1, built_in: false });
    const made = await create<Conversation>('/conversations', { template_id: template.id, title: 'New' });
    const settings = { docs_only: true, starter_questions: ['Where is the boiler?'] };
    expect(made).toMatchObject({ settings, document_count: 1, status: 'active' });
    const change = async (next: object) =>
      (await person.json<Conversation>('PATCH', `/conversations/${made.id}`, { settings: next })).body
        .settings;
    expect(await change({ top_k: 3 })).toEqual({ top_k: 3, starter_questions: settings.starter_questions });
    expect(await change({ starter_questions: [] })).toEqual({ starter_questions: [] });
    expect(await change(settings)).toEqual(settings);
    // What it was begun with does not come along to a template of it, which has its own.
    const again = await create<Template>('/templates', { name: 'Again', from_conversation_id: made.id });
    expect(again).toMatchObject({ settings: { docs_only: true }, starter_questions: [] });
    expect(again.settings).not.toHaveProperty('starter_questions');
    await person.json('DELETE', `/conversations/${source}?permanently=true`);
    provider.script(behave.answer('In cellar 7B [1].'));
    const { body } = await askJson(person, made.id, 'Where is the boiler?');
    expect(body.sources[0]?.document_name).toBe('cellars.txt');
    expect((await person.json('DELETE', `/templates/${template.id}`)).status).toBe(200);
    expect((await person.json('GET', `/templates/${template.id}`)).status).toBe(404);
    provider.script(behave.answer('Still in cellar 7B [1].'));
    expect((await askJson(person, made.id, 'Still there?')).body.mode).toBe('documents');
    expect((await person.json('POST', '/conversations', { template_id: template.id })).status).toBe(404);
  });

  test('takes starter documents of its own, and is in no list of conversations', async () => {
    const template = await create<Template>('/templates', { name: 'Empty', description: 'Nothing yet.' });
    await addText(person, template.conversation_id ?? '', 'Herons stay.', 'herons.txt');
    const changed = await person.json<Template>('PATCH', `/templates/${template.id}`, {
      name: 'Birds',
      settings: { prompt: 'Name the bird.' },
    });
    expect(changed.body).toMatchObject({ name: 'Birds', document_count: 1, description: 'Nothing yet.' });
    const all = await person.json('GET', '/conversations?status=all&limit=200');
    expect(JSON.stringify(all.body)).not.toContain(template.conversation_id ?? '');
    const made = await create<Conversation>('/conversations', { template_id: template.id });
    expect(made).toMatchObject({ document_count: 1, settings: { prompt: 'Name the bird.' } });
  });

  test('keeps its documents to itself where all conversations are asked', async () => {
    const template = await create<Template>('/templates', { name: 'Quarries' });
    await addText(person, template.conversation_id ?? '', 'The quarry of Odelund has granite.', 'quarry.txt');
    const everywhere = { query: 'What has the quarry of Odelund?', scope: 'all' };
    const before = await person.json<Answer>('POST', '/rag/query', everywhere);
    expect(JSON.stringify(before.body)).not.toContain('granite');
    const made = await create<Conversation>('/conversations', { template_id: template.id });
    const { body } = await person.json<Answer>('POST', '/rag/query', everywhere);
    expect(body.sources.map(({ conversation_id: id }) => id)).toContain(made.id);
    expect(JSON.stringify(body)).not.toContain(template.conversation_id ?? '');
  });

  test('is built in three times, and those stay as they are', async () => {
    const { body } = await person.json<{ templates: Template[] }>('GET', '/templates');
    const builtIn = body.templates.filter((one) => one.built_in);
    expect(builtIn).toHaveLength(3);
    for (const { id, settings, starter_questions } of builtIn) {
      const made = await create<Conversation>('/conversations', { template_id: id });
      expect(made.settings).toEqual({ ...settings, starter_questions });
      expect((await person.json('DELETE', `/templates/${id}`)).status).toBe(403);
    }
  });

  test('asked twice with one key begins one conversation', async () => {
    const { body } = await person.json<{ templates: Template[] }>('GET', '/templates');
    const headers = { 'content-type': 'application/json', 'idempotency-key': 'template-once' };
    const send = async () => {
      const init = { method: 'POST', headers, body: JSON.stringify({ template_id: body.templates[0]?.id }) };
      return ((await (await person.fetch('/conversations', init)).json()) as Answer & { id: string }).id;
    };
    expect(await send()).toBe(await send());
  });

  test('is kept once when one key asks twice, and the answer belongs to it', async () => {
    const headers = { 'content-type': 'application/json', 'idempotency-key': 'kept-once' };
    const body = JSON.stringify({ name: 'Once' });
    const send = async () => (await person.fetch('/templates', { method: 'POST', headers, body })).json();
    const first = (await send()) as Template;
    expect(await send()).toEqual(first);
    const [{ settled } = { settled: false }] = (
      await (
        await app()
      ).app.db.pool.query(
        `SELECT conversation_id = $2 AS settled FROM idempotency_answers WHERE user_id = $1 AND key = 'kept-once'`,
        [person.id, first.conversation_id],
      )
    ).rows as { settled: boolean }[];
    expect(settled).toBe(true);
  });

  test('names no model and no project that is not there', async () => {
    for (const settings of [{ model: 'nobody' }, { temperature: 3 }])
      expect((await person.json('POST', '/templates', { name: 'x', settings })).status).toBe(400);
    const template = await create<Template>('/templates', { name: 'Plain' });
    const changed = await person.json('PATCH', `/templates/${template.id}`, {
      settings: { model: 'nobody' },
    });
    expect(changed.status).toBe(400);
    const begun = await person.json('POST', '/conversations', {
      template_id: template.id,
      project_id: '01890000-0000-7000-8000-000000000000',
    });
    expect(begun.status).toBe(404);
  });
});
