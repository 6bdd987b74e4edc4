import { z } from 'zod';
import { id, timestamp } from './common.ts';
import { conversationSettings, starterQuestions } from './conversations.ts';

const name = z.string().trim().min(1).max(200);
const prompt = z.string().trim().min(1).max(8_000);

export const project = z
  .object({
    id,
    name: z.string(),
    /** Told to the model in every conversation of the project. */
    prompt: z.string().nullable(),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'Project' });
export type Project = z.infer<typeof project>;
export const projectList = z.object({ projects: z.array(project) });
export const createProjectBody = z.object({ name, prompt: prompt.nullish() });
export const updateProjectBody = z.object({ name: name.optional(), prompt: prompt.nullish() });
export const deletedProject = z.object({ deleted: z.literal(true) });

export const template = z
  .object({
    id,
    name: z.string(),
    description: z.string().nullable(),
    settings: conversationSettings,
    /** Questions that a conversation of it can begin with. */
    starter_questions: z.array(z.string()),
    /** Holds its starter documents: upload or copy them there. Null: of a built-in one, which has none. */
    conversation_id: id.nullable(),
    document_count: z.int(),
    built_in: z.boolean(),
    created_at: timestamp.nullable(),
    updated_at: timestamp.nullable(),
  })
  .meta({ id: 'Template' });
export type Template = z.infer<typeof template>;
export const templateList = z.object({ templates: z.array(template) });
export const createTemplateBody = z.object({
  name,
  description: z.string().trim().max(2_000).nullish(),
  settings: conversationSettings.optional(),
  starter_questions: starterQuestions.optional(),
  /** Its settings, unless others are given, and copies of its documents. */
  from_conversation_id: id.optional(),
});
export const updateTemplateBody = z.object({
  name: name.optional(),
  description: z.string().trim().max(2_000).nullish(),
  settings: conversationSettings.optional(),
  starter_questions: starterQuestions.optional(),
});
export const deletedTemplate = z.object({ deleted: z.literal(true) });
