import { randomUUID } from 'node:crypto';
import type { Conversation, Template } from '@alcove/contract';
import type { Person } from '../../../test/support/person.ts';
import { mustBe, mustEqual } from '../claims.ts';
import { historyOf, newConversation } from '../people.ts';
import { call, type ChangeKind, conversationSaying, expectGone, expectReady, expectSaid } from './change.ts';

export const conversationChanges = {
  'a fork': {
    route: 'POST /conversations/:id/fork',
    async make(person, { conversation, messages }) {
      const { id } = await call<Conversation>(person, 201, `/conversations/${conversation}/fork`, {});
      return async (later) => {
        mustEqual('messages of a fork', (await historyOf(later, id)).length, messages.length);
        await expectReady(later, id);
      };
    },
  },
  'a conversation of a template': {
    route: 'POST /conversations',
    async make(person, { conversation }) {
      const template = await newTemplate(person, conversation);
      const { id } = await call<Conversation>(person, 201, '/conversations', { template_id: template });
      return (later) => expectReady(later, id);
    },
  },
  'a title': {
    route: 'PUT /conversations/:id/title',
    async make(person) {
      const [id, title] = [await newConversation(person), randomUUID()];
      await call(person, 200, `/conversations/${id}/title`, { title }, 'PUT');
      return async (later) => mustEqual('the title', (await later.client.conversations.get(id)).title, title);
    },
  },
  'tags and a pin': {
    route: 'PATCH /conversations/:id',
    async make(person) {
      const [id, tag] = [await newConversation(person), randomUUID()];
      await call(person, 200, `/conversations/${id}`, { tags: [tag], pinned: true }, 'PATCH');
      return async (later) => {
        const { tags, pinned } = await later.client.conversations.get(id);
        mustEqual('tags and a pin', [tags, pinned], [[tag], true]);
      };
    },
  },
  'a conversation deleted': {
    route: 'DELETE /conversations/:id',
    async make(person) {
      const { id } = await conversationSaying(person, ['It goes.']);
      await call(person, 200, `/conversations/${id}`, undefined, 'DELETE');
      return (later) => expectGone(later, `/conversations/${id}`);
    },
  },
  'a deletion taken back': {
    route: 'POST /conversations/:id/restore',
    async make(person) {
      const { id } = await conversationSaying(person, ['Still here.']);
      await call(person, 200, `/conversations/${id}`, undefined, 'DELETE');
      await call(person, 200, `/conversations/${id}/restore`, {});
      return (later) => expectSaid(later, id, ['Still here.']);
    },
  },
  'a conversation brought along': {
    route: 'POST /import',
    async make(person) {
      const form = new FormData();
      const bundle = {
        format: 'alcove.conversation',
        version: 1,
        conversation: { id: randomUUID(), title: 'Brought along' },
        messages: [{ id: randomUUID(), role: 'user', content: 'Brought along.', metadata: {} }],
        documents: [],
      };
      form.append('file', new File([JSON.stringify(bundle)], 'conversation.json'));
      const response = await person.fetch('/import', { method: 'POST', body: form });
      const report = (await response.json()) as { items: { conversation_id: string }[] };
      mustBe(
        response.status === 200,
        `an import is answered with ${response.status}: ${JSON.stringify(report)}`,
      );
      return (later) => expectSaid(later, report.items[0]?.conversation_id ?? '', ['Brought along.']);
    },
  },
  'a template': {
    route: 'POST /templates',
    async make(person, { conversation }) {
      const id = await newTemplate(person, conversation);
      return async (later) => {
        await call(later, 200, `/templates/${id}`, undefined, 'GET');
      };
    },
  },
  'a template changed': {
    route: 'PATCH /templates/:id',
    async make(person, { conversation }) {
      const [id, name] = [await newTemplate(person, conversation), randomUUID()];
      await call(person, 200, `/templates/${id}`, { name }, 'PATCH');
      return async (later) =>
        mustEqual(
          'its name',
          (await call<Template>(later, 200, `/templates/${id}`, undefined, 'GET')).name,
          name,
        );
    },
  },
  'a template deleted': {
    route: 'DELETE /templates/:id',
    async make(person, { conversation }) {
      const id = await newTemplate(person, conversation);
      await call(person, 200, `/templates/${id}`, undefined, 'DELETE');
      return (later) => expectGone(later, `/templates/${id}`);
    },
  },
  'a project': {
    route: 'POST /projects',
    async make(person) {
      const id = await newProject(person);
      return async (later) => mustBe(await hasProject(later, id), 'the project is not there');
    },
  },
  'a project changed': {
    route: 'PATCH /projects/:id',
    async make(person) {
      const [id, name] = [await newProject(person), randomUUID()];
      await call(person, 200, `/projects/${id}`, { name }, 'PATCH');
      return async (later) => {
        mustBe(await hasProject(later, id, name), 'the project has its name of before');
      };
    },
  },
  'a project deleted': {
    route: 'DELETE /projects/:id',
    async make(person) {
      const project = await newProject(person);
      const { id } = await call<Conversation>(person, 201, '/conversations', { project_id: project });
      await call(person, 200, `/projects/${project}`, undefined, 'DELETE');
      return async (later) => {
        mustBe(!(await hasProject(later, project)), 'a deleted project is there');
        mustEqual('its project', (await later.client.conversations.get(id)).project_id, null);
      };
    },
  },
} satisfies Record<string, ChangeKind>;

async function newTemplate(person: Person, conversation: string): Promise<string> {
  const body = { name: randomUUID(), from_conversation_id: conversation };
  return (await call<Template>(person, 201, '/templates', body)).id;
}

async function newProject(person: Person): Promise<string> {
  return (await call<{ id: string }>(person, 201, '/projects', { name: randomUUID() })).id;
}

async function hasProject(person: Person, id: string, name?: string): Promise<boolean> {
  type Listed = { projects: { id: string; name: string }[] };
  const { projects } = await call<Listed>(person, 200, '/projects', undefined, 'GET');
  return projects.some((one) => one.id === id && (name === undefined || one.name === name));
}
