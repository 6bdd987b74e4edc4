import { createContext } from 'svelte';
import type { Session } from '../session/session.svelte.ts';
import { ConversationList } from './conversation-list.svelte.ts';
import { OpenConversation } from './open-conversation.svelte.ts';

export const [useWorkspace, provideWorkspace] = createContext<Workspace>();

/** What a signed-in person has before them: the list, and one conversation. */
export class Workspace {
  current = $state.raw() as OpenConversation;
  isSidebarOpen = $state(false);
  readonly list: ConversationList;
  readonly #session: Session;
  readonly #goTo: (id: string) => void;

  constructor(session: Session, goTo: (id: string) => void) {
    this.#session = session;
    this.#goTo = goTo;
    this.list = new ConversationList(session.alcove);
    this.current = this.#make(null);
  }

  open(id: string | null): void {
    this.isSidebarOpen = false;
    if (this.current.id === id) return;
    this.current.close();
    this.current = this.#make(id);
    void this.current.load();
  }

  /** After a time without connection: what is on the screen may be old. */
  reload(): void {
    void this.list.refresh();
    void this.current.load();
  }

  close(): void {
    this.current.close();
  }

  #make(id: string | null): OpenConversation {
    const opened: OpenConversation = new OpenConversation(id, {
      alcove: this.#session.alcove,
      list: this.list,
      maxUploadBytes: this.#session.capabilities?.max_upload_bytes ?? Number.POSITIVE_INFINITY,
      onCreated: (created) => this.current === opened && this.#goTo(created),
    });
    return opened;
  }
}
