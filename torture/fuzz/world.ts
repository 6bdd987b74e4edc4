import type { AppHere } from '../support/app-here.ts';
import { nameOf, type Reader, wordOf } from './canaries.ts';
import { refreshed, register, type Session } from './session.ts';
import {
  branchOf,
  type FuzzConversation,
  type FuzzDocument,
  type FuzzKey,
  type FuzzLink,
  type FuzzMessage,
  type Organiser,
  type Quoted,
  saidIn,
  type Sent,
  type Shown,
} from './things.ts';

export interface FuzzUser extends Session {
  state: 'active' | 'suspended' | 'gone';
  /** In the name of the account, which administrators see too. */
  profile: string[];
}

const worthlessAtMost = 2;

/** What must be so: the model beside the application. */
export class World {
  readonly users: FuzzUser[] = [];
  readonly keys: FuzzKey[] = [];
  readonly conversations: FuzzConversation[] = [];
  readonly documents: FuzzDocument[] = [];
  readonly links: FuzzLink[] = [];
  readonly organisers: Organiser[] = [];
  readonly sent: Sent[] = [];
  /** Tokens of sessions that were ended. */
  readonly worthless: string[] = [];
  /** How often everything was read. */
  sweeps = 0;
  private planted = 0;
  private readonly name: string;
  readonly here: AppHere;
  readonly admin: Session;
  /** Whether who asks for what is another's is refused. Else it is looked for, and nothing is found or changed. */
  readonly refuses: boolean;

  constructor(here: AppHere, admin: Session, n: number, refuses = true) {
    this.refuses = refuses;
    this.here = here;
    this.admin = admin;
    this.name = n.toString(36).padStart(5, '0');
  }

  async addUser(): Promise<void> {
    this.takeIn(await register(this.here));
  }

  takeIn(session: Session): void {
    this.users.push({ ...session, state: 'active', profile: [] });
  }

  /** Access tokens live for minutes, a world may live longer. */
  async keepSignedIn(): Promise<void> {
    for (const session of [this.admin, ...this.activeUsers()]) await refreshed(this.here, session);
  }

  /** A new word for a text that is about to be written. */
  plant(): string {
    this.planted += 1;
    return wordOf(this.name, this.planted);
  }

  /** The same for what a person is called. */
  plantName(): string {
    this.planted += 1;
    return nameOf(this.name, this.planted);
  }

  userOf(id: string): FuzzUser {
    const user = this.users.find((one) => one.id === id);
    if (user === undefined) throw new Error(`there is no user ${id}`);
    return user;
  }

  isActive(id: string): boolean {
    return this.userOf(id).state === 'active';
  }

  activeUsers(): FuzzUser[] {
    return this.users.filter(({ state }) => state === 'active');
  }

  conversation(id: string): FuzzConversation {
    const found = this.conversations.find((one) => one.id === id);
    if (found === undefined) throw new Error(`there is no conversation ${id}`);
    return found;
  }

  isThere(conversationId: string): boolean {
    return this.conversation(conversationId).state === 'there';
  }

  conversationsOf(owner: string): FuzzConversation[] {
    return this.usable().filter((one) => one.owner === owner);
  }

  /** Conversations whose owner can use them. */
  usable(): FuzzConversation[] {
    return this.conversations.filter(
      ({ state, owner, isTemplate }) => state === 'there' && !isTemplate && this.isActive(owner),
    );
  }

  /** Deleted ones that can come back. */
  binned(): FuzzConversation[] {
    return this.conversations.filter(({ state, owner }) => state === 'binned' && this.isActive(owner));
  }

  documentsIn(conversationId: string): FuzzDocument[] {
    return this.documents.filter((one) => one.state === 'there' && one.conversationId === conversationId);
  }

  usableDocuments(): FuzzDocument[] {
    return this.usable().flatMap(({ id }) => this.documentsIn(id));
  }

  /** Deleted ones that can come back, to a conversation that is there. */
  binnedDocuments(): FuzzDocument[] {
    const usable = new Set(this.usable().map(({ id }) => id));
    return this.documents.filter((one) => one.state === 'binned' && usable.has(one.conversationId));
  }

  /** Links that open for whom they are for. */
  isOpen({ isRevoked, owner, conversationId }: FuzzLink): boolean {
    return !isRevoked && this.isActive(owner) && this.isThere(conversationId);
  }

  addConversation(
    id: string,
    owner: string,
    more: Partial<Omit<FuzzConversation, 'id' | 'owner'>> = {},
  ): FuzzConversation {
    const made: FuzzConversation = {
      id,
      owner,
      state: 'there',
      isTemplate: false,
      title: [],
      tags: [],
      starters: [],
      messages: [],
      deletedMessages: [],
      leafId: null,
      unsure: [],
      isBlurred: false,
      project: null,
      importedFrom: null,
      ...more,
    };
    this.conversations.push(made);
    return made;
  }

  addDocument(
    id: string,
    { id: conversationId, owner }: FuzzConversation,
    name: string,
    text: string,
  ): FuzzDocument {
    const document: FuzzDocument = { id, owner, conversationId, state: 'there', name, text };
    this.documents.push(document);
    return document;
  }

  /** Below the active leaf, which it becomes. */
  say(conversation: FuzzConversation, message: Partial<FuzzMessage> & Pick<FuzzMessage, 'id'>): FuzzMessage {
    const said: FuzzMessage = {
      parentId: conversation.leafId,
      role: 'user',
      says: [],
      notes: [],
      quotes: [],
      isWhole: false,
      ...message,
    };
    conversation.messages.push(said);
    conversation.leafId = said.id;
    return said;
  }

  /** What an answer in the conversation may quote now. */
  quotable(conversationIds: readonly string[]): Quoted[] {
    return conversationIds
      .flatMap((id) => this.documentsIn(id))
      .map(({ id: documentId, name, text }) => ({ documentId, name, text }));
  }

  /** What a link shows of the conversation as it is now, with these documents. */
  shownNow(conversation: FuzzConversation, documentIds: readonly string[]): Shown {
    const branch = branchOf(conversation);
    const quotes = branch.flatMap((message) => message.quotes);
    const documents = this.quotable([conversation.id]).filter(({ documentId }) =>
      documentIds.includes(documentId),
    );
    return {
      title: conversation.title,
      says: [...branch.flatMap(({ says }) => says), ...quotes.map(({ text }) => text)],
      names: [...quotes, ...documents].filter(({ documentId }) => documentIds.includes(documentId)),
      documents,
      unsure: [...conversation.unsure],
      certain: saidIn(conversation),
    };
  }

  /** What is deleted by request can come back where the installation has an undo window. */
  forgetConversation(id: string): void {
    const conversation = this.conversation(id);
    conversation.state = this.here.config.limits.undoMs > 0 ? 'binned' : 'gone';
    if (conversation.state === 'gone') this.eraseConversation(id);
  }

  eraseConversation(id: string): void {
    this.conversation(id).state = 'gone';
    for (const document of this.documents) if (document.conversationId === id) document.state = 'gone';
    for (const link of this.links) if (link.conversationId === id) link.isRevoked = true;
    for (const key of this.keys) if (key.limitedTo === id) key.isRevoked = true;
  }

  forgetUser(id: string): void {
    for (const one of this.conversations) if (one.owner === id) this.eraseConversation(one.id);
    this.userOf(id).state = 'gone';
    for (const key of this.keys) if (key.userId === id) key.isRevoked = true;
    for (const one of this.organisers) if (one.owner === id) one.isThere = false;
  }

  endToken(token: string): void {
    this.worthless.push(token);
    this.worthless.splice(0, this.worthless.length - worthlessAtMost);
  }

  /** Everybody who can try to read: sessions, keys, those that are worth nothing any more, and nobody. */
  readers(): Reader[] {
    const sessions = this.users.map(({ id, token, state }, at) => ({
      name: `user ${at} (${state})`,
      token,
      userId: state === 'active' ? id : null,
      limitedTo: null,
    }));
    // One whose conversation can come back is a key still, and sees meanwhile only that it can.
    const keys = this.keys.map(({ token, userId, limitedTo, isRevoked }, at) => ({
      name: `key ${at}${isRevoked ? ' (revoked)' : ''}`,
      token,
      userId: isRevoked || !this.isActive(userId) ? null : userId,
      limitedTo,
    }));
    const ended = this.worthless.map((token) => ({
      name: 'a session that was ended',
      token,
      userId: null,
      limitedTo: null,
    }));
    const { id, token } = this.admin;
    return [
      ...sessions,
      ...keys,
      ...ended,
      { name: 'the administrator', token, userId: id, limitedTo: null },
      { name: 'nobody', token: null, userId: null, limitedTo: null },
    ];
  }
}
