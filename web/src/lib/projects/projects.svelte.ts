import type { Client, Project } from '@alcove/client';
import { describeError, type Problem } from '../describe-error.ts';

/** The person's projects: folders of conversations, each with a prompt. */
export class Projects {
  items = $state.raw<Project[]>([]);
  problem = $state<Problem | null>(null);
  readonly #alcove: Client;

  constructor(alcove: Client) {
    this.#alcove = alcove;
  }

  async load(): Promise<void> {
    try {
      this.items = (await this.#alcove.projects.list()).projects;
      this.problem = null;
    } catch (error) {
      this.problem = describeError(error);
    }
  }

  find(id: string | null): Project | undefined {
    return this.items.find((item) => item.id === id);
  }

  /** Creates one without an id, and changes the one with it. */
  async save(id: string | null, name: string, prompt: string): Promise<Project> {
    const body = { name: name.trim(), prompt: prompt.trim() || null };
    const saved =
      id === null ? await this.#alcove.projects.create(body) : await this.#alcove.projects.update(id, body);
    this.items = [saved, ...this.items.filter((item) => item.id !== saved.id)];
    return saved;
  }

  async delete(id: string): Promise<void> {
    await this.#alcove.projects.delete(id);
    this.items = this.items.filter((item) => item.id !== id);
  }
}
