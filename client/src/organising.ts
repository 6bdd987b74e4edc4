import type {
  createProjectBody,
  createTemplateBody,
  Project,
  projectList,
  Template,
  templateList,
  updateProjectBody,
  updateTemplateBody,
} from '@alcove/contract';
import type { z } from 'zod';
import type { RequestOptions, Transport } from './transport.ts';

/** Folders of conversations, with a prompt for all of them. */
export function projects(transport: Transport) {
  const at = (id: string): string => `/projects/${encodeURIComponent(id)}`;
  return {
    /** Newest first. */
    list(options?: RequestOptions): Promise<z.output<typeof projectList>> {
      return transport.json('GET', '/projects', options);
    },
    create(body: z.input<typeof createProjectBody>, options?: RequestOptions): Promise<Project> {
      return transport.json('POST', '/projects', { ...options, body });
    },
    update(id: string, body: z.input<typeof updateProjectBody>, options?: RequestOptions): Promise<Project> {
      return transport.json('PATCH', at(id), { ...options, body });
    },
    /** Its conversations stay, in no project. */
    async delete(id: string, options?: RequestOptions): Promise<void> {
      await transport.json('DELETE', at(id), options);
    },
  };
}

/** What conversations can begin with: settings, questions and documents. */
export function templates(transport: Transport) {
  const at = (id: string): string => `/templates/${encodeURIComponent(id)}`;
  return {
    /** The caller's own, newest first, then the built-in ones. */
    list(options?: RequestOptions): Promise<z.output<typeof templateList>> {
      return transport.json('GET', '/templates', options);
    },
    get(id: string, options?: RequestOptions): Promise<Template> {
      return transport.json('GET', at(id), options);
    },
    /** Starter documents are added to the conversation that `conversation_id` of the answer names. */
    create(body: z.input<typeof createTemplateBody>, options?: RequestOptions): Promise<Template> {
      return transport.json('POST', '/templates', { ...options, body });
    },
    update(
      id: string,
      body: z.input<typeof updateTemplateBody>,
      options?: RequestOptions,
    ): Promise<Template> {
      return transport.json('PATCH', at(id), { ...options, body });
    },
    /** Its starter documents go with it; conversations made of it keep theirs. */
    async delete(id: string, options?: RequestOptions): Promise<void> {
      await transport.json('DELETE', at(id), options);
    },
  };
}
