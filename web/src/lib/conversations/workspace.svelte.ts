import type { Client, Conversation, Document, NumberedChange } from '@alcove/client';
import { createContext } from 'svelte';
import { drafts } from '../answers/drafts.ts';
import type { PlaceInChat } from '../answers/turn-window.svelte.ts';
import { describeError, type Problem } from '../describe-error.ts';
import { LiveChanges } from '../live/live-changes.svelte.ts';
import { Projects } from '../projects/projects.svelte.ts';
import type { Session } from '../session/session.svelte.ts';
import { ConversationList } from './conversation-list.svelte.ts';
import { OpenConversation } from './open-conversation.svelte.ts';
import { SidebarPane } from './sidebar-pane.svelte.ts';

/** From this width on the conversations have a pane of their own. */
export const hasRoomForSidebar = '(min-width: 50rem)';

export const [useWorkspace, provideWorkspace] = createContext<Workspace>();

/** `id` is that of the conversation; with `transfer` it is where the documents go. */
type OpenDialog =
  | { kind: 'delete' | 'tags' | 'settings' | 'share' | 'project' | 'template' | 'export'; id: string }
  | { kind: 'transfer'; id: string; documents: Transferable[]; how: 'copy' | 'move' };

/** What of a document is needed to copy or move it. */
export type Transferable = Pick<Document, 'id' | 'name' | 'conversation_id'>;

/** What a signed-in person has before them: the list, and one conversation. */
export class Workspace {
  current = $state.raw() as OpenConversation;
  /** The conversations lie over the page, where there is no room for a pane of them. */
  isSidebarOpen = $state(false);
  readonly sidebar = new SidebarPane();
  isHelpOpen = $state(false);
  isSearchOpen = $state(false);
  /** The title of the open conversation is being written anew. */
  isRenaming = $state(false);
  /** The dialog about a conversation that is open. */
  dialog = $state.raw<OpenDialog | null>(null);
  readonly list: ConversationList;
  readonly projects: Projects;
  readonly live: LiveChanges;
  /** Goes up with each change of a document, of any conversation. */
  documentChanges = $state(0);
  /** The open conversation and what was opened beside it leave no room for the conversations. */
  isCrowded = $state(false);
  /** The page was reached by the browser's own way back or forward. */
  isGoingBack = false;
  /** Where the reader was in each conversation, unless at its end. */
  readonly #places = new Map<string, PlaceInChat>();
  /** Left while something of theirs was on its way to the server, or failed on it: one comes back to them. */
  #left = $state.raw<OpenConversation[]>([]);
  readonly #session: Session;
  readonly #goTo: (id: string) => void;

  constructor(session: Session, goTo: (id: string) => void) {
    this.#session = session;
    this.#goTo = goTo;
    this.list = new ConversationList(session.alcove);
    this.projects = new Projects(session.alcove);
    void this.projects.load();
    this.current = this.#make(null);
    this.live = new LiveChanges(session.alcove, session.user?.id ?? '', (change) => this.#apply(change));
    $effect(() => this.#closeArrived());
  }

  /** Something is on its way to the server that would be lost with the page. */
  get isSending(): boolean {
    return [this.current, ...this.#left].some((one) => one.isSending);
  }

  /** Shows the conversations, beside the page where that has room for them. */
  showSidebar(): void {
    if (this.isCrowded || !matchMedia(hasRoomForSidebar).matches) this.isSidebarOpen = true;
    else void this.sidebar.setShown(true);
  }

  open(id: string | null): void {
    if (this.current.id === id && !this.current.isMissing) return;
    this.isRenaming = false;
    const left = this.#left.find((one) => one.id !== null && one.id === id);
    this.#leave(this.current);
    this.#left = this.#left.filter((one) => one !== left);
    this.current = left ?? this.#make(id);
    void this.current.load();
  }

  /** Null: at the end, where one begins anyway. */
  rememberPlace(id: string, place: PlaceInChat | null): void {
    if (place === null) this.#places.delete(id);
    else this.#places.set(id, place);
  }

  placeIn(id: string): PlaceInChat | null {
    return this.#places.get(id) ?? null;
  }

  /** A conversation that was deleted is there again. */
  putBack(conversation: Conversation): void {
    this.list.put(conversation);
    if (conversation.id === this.current.id && this.current.isMissing) this.open(conversation.id);
  }

  /** After a time without connection: what is on the screen may be old. */
  reload(): void {
    void this.list.refresh();
    void this.current.load();
  }

  /** @returns what went wrong, if anything did */
  async rename(id: string, title: string): Promise<Problem | null> {
    try {
      this.list.update(await this.#session.alcove.conversations.rename(id, title));
      return null;
    } catch (error) {
      return describeError(error);
    }
  }

  async change(id: string, body: Parameters<Client['conversations']['update']>[1]): Promise<void> {
    try {
      this.list.update(await this.#session.alcove.conversations.update(id, body));
    } catch (error) {
      this.list.report(describeError(error), () => this.change(id, body));
    }
  }

  close(): void {
    for (const one of [this.current, ...this.#left]) one.close();
    this.live.close();
  }

  #apply(change: NumberedChange): void {
    switch (change.type) {
      case 'reset':
        return this.reload();
      case 'conversation':
        this.putBack(change.conversation);
        if (change.conversation.id === this.current.id) this.current.hearBranch(change.conversation);
        return;
      case 'document':
        this.documentChanges += 1;
        return this.current.documents.hear(change.document, this.current.id);
      case 'message':
        if (change.conversation_id === this.current.id) this.current.hear(change.message);
        return;
      case 'deleted':
        if (change.kind === 'message') return this.current.forget(change.id);
        if (change.kind === 'share') return;
        this.documentChanges += 1;
        if (change.kind === 'document') return this.current.documents.forget(change.id);
        this.list.remove(change.id);
        if (this.list.status === 'deleted') void this.list.refresh();
        for (const one of [this.current, ...this.#left]) if (one.id === change.id) one.markDeleted();
        return;
      default:
    }
  }

  /** It goes on for as long as it has something to bring to the server. */
  #leave(conversation: OpenConversation): void {
    if (isDone(conversation)) conversation.close();
    else this.#left = [...this.#left, conversation];
  }

  #closeArrived(): void {
    const arrived = this.#left.filter(isDone);
    if (arrived.length === 0) return;
    for (const one of arrived) one.close();
    this.#left = this.#left.filter((one) => !arrived.includes(one));
  }

  /** To the field of the conversation, wherever it is looked at or not. */
  #giveBack({ id }: OpenConversation, question: string): void {
    drafts.giveBack(id, question);
    if (this.current.id === id) this.current.givenBack += 1;
  }

  #make(id: string | null): OpenConversation {
    const opened: OpenConversation = new OpenConversation(id, {
      alcove: this.#session.alcove,
      list: this.list,
      maxUploadBytes: this.#session.capabilities?.max_upload_bytes ?? Number.POSITIVE_INFINITY,
      isShown: () => this.current === opened,
      onCreated: (created) => this.current === opened && this.#goTo(created),
      onRefused: (question) => this.#giveBack(opened, question),
    });
    return opened;
  }
}

function isDone({ isMissing, isSending, documents }: OpenConversation): boolean {
  return isMissing || (!isSending && documents.uploads.length === 0);
}
