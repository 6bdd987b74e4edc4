import type { AppHere, Reply } from '../support/app-here.ts';
import { type Canary, type Reader, wordOf } from './canaries.ts';
import { refreshed, register, type Session } from './session.ts';

export interface FuzzUser extends Session {
  state: 'active' | 'suspended' | 'gone';
}

export interface FuzzKey {
  id: string;
  token: string;
  userId: string;
  limitedTo: string | null;
  isRevoked: boolean;
}

export interface FuzzConversation {
  id: string;
  owner: string;
  isAlive: boolean;
  messageIds: string[];
}

export interface FuzzDocument {
  id: string;
  owner: string;
  conversationId: string;
  isAlive: boolean;
}

/** A request with an Idempotency-Key that was answered once. */
export interface Sent {
  userId: string;
  path: string;
  body: unknown;
  key: string;
  conversationId: string;
  first: Reply;
}

/** What must be so: the model beside the application. */
export class World {
  readonly users: FuzzUser[] = [];
  readonly keys: FuzzKey[] = [];
  readonly conversations: FuzzConversation[] = [];
  readonly documents: FuzzDocument[] = [];
  readonly canaries = new Map<string, Canary>();
  readonly sent: Sent[] = [];
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
    this.users.push({ ...(await register(this.here)), state: 'active' });
  }

  /** Access tokens live for minutes, a world may live longer. */
  async keepSignedIn(): Promise<void> {
    for (const session of [this.admin, ...this.activeUsers()]) await refreshed(this.here, session);
  }

  /** A new word for a text that is about to be written. */
  plant(kind: Canary['kind'], owner: string, conversationId: string): Canary {
    const canary: Canary = {
      word: wordOf(this.name, this.canaries.size),
      owner,
      kind,
      conversationId,
      documentId: null,
      isAlive: true,
      isUnsure: false,
      quotedIn: new Set(),
    };
    this.canaries.set(canary.word, canary);
    return canary;
  }

  userOf(id: string): FuzzUser {
    const user = this.users.find((one) => one.id === id);
    if (user === undefined) throw new Error(`there is no user ${id}`);
    return user;
  }

  activeUsers(): FuzzUser[] {
    return this.users.filter(({ state }) => state === 'active');
  }

  conversationsOf(owner: string): FuzzConversation[] {
    return this.conversations.filter((one) => one.owner === owner && one.isAlive);
  }

  /** Conversations whose owner can use them. */
  usable(): FuzzConversation[] {
    return this.conversations.filter(
      ({ isAlive, owner }) => isAlive && this.userOf(owner).state === 'active',
    );
  }

  usableDocuments(): FuzzDocument[] {
    return this.documents.filter(({ isAlive, owner }) => isAlive && this.userOf(owner).state === 'active');
  }

  /** What an answer in the conversation may quote from now on. */
  quote(into: string, isSource: (canary: Canary) => boolean): void {
    for (const canary of this.canaries.values())
      if (canary.isAlive && canary.kind === 'document' && isSource(canary)) canary.quotedIn.add(into);
  }

  forgetConversation(id: string): void {
    for (const one of this.conversations) if (one.id === id) one.isAlive = false;
    for (const document of this.documents) if (document.conversationId === id) document.isAlive = false;
    // A key comes back with its conversation: until then it is worth nothing, and its name stays in its owner's list.
    const comesBack = this.here.config.limits.undoMs > 0;
    for (const key of this.keys) if (key.limitedTo === id && !comesBack) key.isRevoked = true;
    for (const canary of this.canaries.values()) {
      if (canary.conversationId === id && !(comesBack && canary.kind === 'key')) canary.isAlive = false;
      canary.quotedIn.delete(id);
    }
  }

  forgetDocument(id: string): void {
    for (const document of this.documents) if (document.id === id) document.isAlive = false;
    for (const canary of this.canaries.values()) if (canary.documentId === id) canary.isAlive = false;
  }

  moveDocuments(from: string, to: string): void {
    for (const document of this.documents) if (document.conversationId === from) document.conversationId = to;
    for (const canary of this.canaries.values())
      if (canary.kind === 'document' && canary.conversationId === from) canary.conversationId = to;
    this.forgetConversation(from);
  }

  forgetUser(id: string): void {
    this.userOf(id).state = 'gone';
    for (const { id: conversation } of this.conversations.filter(({ owner }) => owner === id))
      this.forgetConversation(conversation);
    for (const canary of this.canaries.values()) if (canary.owner === id) canary.isAlive = false;
    for (const key of this.keys) if (key.userId === id) key.isRevoked = true;
  }

  /** Everybody who can try to read: sessions, keys, those that are worth nothing any more, and nobody. */
  readers(): Reader[] {
    const sessions = this.users.map(({ id, token, state }, at) => ({
      name: `user ${at} (${state})`,
      token,
      userId: state === 'active' ? id : null,
      limitedTo: null,
    }));
    const keys = this.keys.map(({ token, userId, limitedTo, isRevoked }, at) => ({
      name: `key ${at}${isRevoked ? ' (revoked)' : ''}`,
      token,
      userId: isRevoked || this.userOf(userId).state !== 'active' ? null : userId,
      limitedTo,
    }));
    const { id, token } = this.admin;
    return [
      ...sessions,
      ...keys,
      { name: 'the administrator', token, userId: id, limitedTo: null },
      { name: 'nobody', token: null, userId: null, limitedTo: null },
    ];
  }
}
