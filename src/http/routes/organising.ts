import {
  createProjectBody,
  createTemplateBody,
  deletedProject,
  deletedTemplate,
  idParams,
  type Project,
  project,
  projectList,
  type Template,
  template,
  templateList,
  updateProjectBody,
  updateTemplateBody,
} from '@alcove/contract';
import {
  deleteProject,
  findProject,
  insertProject,
  listProjects,
  type ProjectRow,
  updateProject,
} from '../../conversations/project-store.ts';
import { ConversationScope } from '../../conversations/scope.ts';
import { AppError } from '../../errors.ts';
import { builtInTemplates } from '../../templates/built-in.ts';
import { listTemplates, type TemplateRow, updateTemplate } from '../../templates/template-store.ts';
import { createTemplate, deleteTemplate, ownTemplate } from '../../templates/templates.ts';
import type { App } from '../app.ts';
import { principalOf } from '../auth.ts';
import type { HttpDeps } from '../deps.ts';
import { settleByReference, settleWith } from '../held-key.ts';
import { refuseSettings } from '../refuse-settings.ts';

const tags = ['organising'];

/** Projects, which are folders of conversations with a prompt of their own, and templates to begin conversations with. */
export function organisingRoutes(app: App, deps: HttpDeps): void {
  const { db, documents, now } = deps;
  app.get(
    '/projects',
    {
      schema: {
        tags,
        operationId: 'listProjects',
        summary: 'Projects, newest first',
        description: 'Their conversations are in `GET /conversations?project_id=`.',
        response: { 200: projectList },
      },
    },
    async (request) => ({
      projects: (await listProjects(db, principalOf(request).scope)).map(presentProject),
    }),
  );

  app.post(
    '/projects',
    {
      schema: {
        tags,
        operationId: 'createProject',
        summary: 'Create a project',
        description: 'Its prompt is told to the model in every conversation of it.',
        body: createProjectBody,
        response: { 201: project },
      },
    },
    async (request, reply) => {
      const user = principalOf(request).scope;
      const [before] = request.replayOf ?? [];
      if (before !== undefined) {
        const kept = await findProject(db, user, before);
        if (kept === null) throw projectMissing();
        return reply.code(201).send(presentProject(kept));
      }
      const { name, prompt = null } = request.body;
      const settle = settleByReference(request, 201, ({ id }: ProjectRow) => [id]);
      const row = await insertProject(db, user, { name, prompt }, now(), settle);
      return reply.code(201).send(presentProject(row));
    },
  );

  app.patch(
    '/projects/:id',
    {
      schema: {
        tags,
        operationId: 'updateProject',
        summary: 'Change a project',
        description: 'Changes the fields that the body names; a prompt of null takes it away.',
        params: idParams,
        body: updateProjectBody,
        response: { 200: project },
      },
    },
    async (request) => {
      const row = await updateProject(db, principalOf(request).scope, request.params.id, request.body, now());
      if (row === null) throw projectMissing();
      return presentProject(row);
    },
  );

  app.delete(
    '/projects/:id',
    {
      schema: {
        tags,
        operationId: 'deleteProject',
        summary: 'Delete a project',
        description: 'Its conversations stay, in no project.',
        params: idParams,
        response: { 200: deletedProject },
      },
    },
    async (request) => {
      const { scope } = principalOf(request);
      if (!(await deleteProject(db, scope, request.params.id, now()))) throw projectMissing();
      return { deleted: true as const };
    },
  );

  app.get(
    '/templates',
    {
      schema: {
        tags,
        operationId: 'listTemplates',
        summary: 'Templates: the caller’s own, newest first, then the built-in ones',
        description: 'What `POST /conversations` takes as `template_id`.',
        response: { 200: templateList },
      },
    },
    async (request) => ({
      templates: [
        ...(await listTemplates(db, principalOf(request).scope)).map(presentTemplate),
        ...builtInTemplates.map(presentBuiltIn),
      ],
    }),
  );

  app.post(
    '/templates',
    {
      schema: {
        tags,
        operationId: 'createTemplate',
        summary: 'Create a template',
        description:
          'From scratch, or from a conversation. Starter documents are uploaded or copied to its `conversation_id`.',
        body: createTemplateBody,
        response: { 201: template },
      },
    },
    async (request, reply) => {
      const user = principalOf(request).scope;
      const { name, description = null, settings, starter_questions: starterQuestions = [] } = request.body;
      const { from_conversation_id: fromId } = request.body;
      const from = fromId === undefined ? null : await ConversationScope.open(db, user, fromId);
      refuseSettings(settings, deps);
      const input = { name, description, settings, starterQuestions };
      const settle = settleWith(request, 201, presentTemplate, ({ conversationId }) => ({ conversationId }));
      return reply
        .code(201)
        .send(presentTemplate(await createTemplate(user, input, from, documents, settle)));
    },
  );

  app.get(
    '/templates/:id',
    {
      schema: {
        tags,
        operationId: 'getTemplate',
        summary: 'A template',
        description: 'One of the caller’s own, or a built-in one.',
        params: idParams,
        response: { 200: template },
      },
    },
    async (request) => {
      const { id } = request.params;
      const builtIn = builtInTemplates.find((one) => one.id === id);
      if (builtIn !== undefined) return presentBuiltIn(builtIn);
      return presentTemplate(await ownTemplate(principalOf(request).scope, id, { db }));
    },
  );

  app.patch(
    '/templates/:id',
    {
      schema: {
        tags,
        operationId: 'updateTemplate',
        summary: 'Change a template',
        description: 'Changes the fields that the body names; conversations made of it stay as they are.',
        params: idParams,
        body: updateTemplateBody,
        response: { 200: template },
      },
    },
    async (request) => {
      const user = principalOf(request).scope;
      const { id } = request.params;
      refuseBuiltIn(id);
      const { starter_questions: starterQuestions, ...change } = request.body;
      refuseSettings(change.settings, deps);
      const more = starterQuestions === undefined ? {} : { starterQuestions };
      const row = await updateTemplate(db, user, id, { ...change, ...more }, now());
      if (row === null) throw new AppError('not_found', 'This template does not exist.');
      return presentTemplate(row);
    },
  );

  app.delete(
    '/templates/:id',
    {
      schema: {
        tags,
        operationId: 'deleteTemplate',
        summary: 'Delete a template and its starter documents',
        description: 'Conversations made of it keep their own.',
        params: idParams,
        response: { 200: deletedTemplate },
      },
    },
    async (request) => {
      refuseBuiltIn(request.params.id);
      await deleteTemplate(principalOf(request).scope, request.params.id, documents);
      return { deleted: true as const };
    },
  );
}

function refuseBuiltIn(id: string): void {
  if (builtInTemplates.some((one) => one.id === id))
    throw new AppError('forbidden', 'A built-in template cannot be changed: make one of your own.');
}

function projectMissing(): AppError {
  return new AppError('not_found', 'This project does not exist.');
}

function presentProject({ id, name, prompt, createdAt, updatedAt }: ProjectRow): Project {
  return { id, name, prompt, created_at: createdAt.toISOString(), updated_at: updatedAt.toISOString() };
}

function presentTemplate(row: TemplateRow): Template {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    settings: row.settings,
    starter_questions: row.starterQuestions,
    conversation_id: row.conversationId,
    document_count: row.documentCount,
    built_in: false,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}

function presentBuiltIn({
  id,
  name,
  description,
  settings,
  starterQuestions,
}: (typeof builtInTemplates)[number]): Template {
  return {
    id,
    name,
    description,
    settings,
    starter_questions: [...starterQuestions],
    conversation_id: null,
    document_count: 0,
    built_in: true,
    created_at: null,
    updated_at: null,
  };
}
