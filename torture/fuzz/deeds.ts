import * as accounts from './acts/accounts.ts';
import * as conversations from './acts/conversations.ts';
import * as documents from './acts/documents.ts';
import * as exchange from './acts/exchange.ts';
import * as messages from './acts/messages.ts';
import * as organising from './acts/organising.ts';
import * as sharing from './acts/sharing.ts';
import * as attempts from './attempts.ts';
import type { FuzzConversation, FuzzDocument, FuzzLink, FuzzMessage, Organiser } from './things.ts';
import { mayOpen } from './view.ts';
import type { FuzzUser, World } from './world.ts';

export const most = { users: 4, conversations: 6, documents: 8, keys: 4, links: 4, organisers: 3 };

/** A command as fast-check draws it: what it does depends on numbers that are taken modulo what there is. */
export interface Drawn {
  /** Chooses what it is done to. */
  at: number;
  /** Chooses the rest. */
  also: number;
}

/** Null where there is nothing to do it to. */
export type Deed = (world: World, drawn: Drawn) => (() => Promise<unknown>) | null;

function pick<T>(things: readonly T[], at: number): T | undefined {
  return things[at % Math.max(1, things.length)];
}

/** A deed that is done to one of several things. */
function on<T>(
  choose: (world: World) => readonly T[],
  deed: (world: World, one: T, drawn: Drawn) => Promise<unknown> | null,
): Deed {
  return (world, drawn) => {
    const one = pick(choose(world), drawn.at);
    return one === undefined ? null : () => deed(world, one, drawn) ?? Promise.resolve();
  };
}

/** The same with a second thing, which depends on the first. */
function onBoth<T, U>(
  choose: (world: World) => readonly T[],
  alsoChoose: (world: World, one: T) => readonly U[],
  deed: (world: World, one: T, other: U, drawn: Drawn) => Promise<unknown>,
): Deed {
  return (world, drawn) => {
    const pairs = choose(world).flatMap((one) => alsoChoose(world, one).map((other) => ({ one, other })));
    const pair = pick(pairs, drawn.at + drawn.also);
    return pair === undefined ? null : () => deed(world, pair.one, pair.other, drawn);
  };
}

function where(has: (world: World) => boolean, deed: Deed): Deed {
  return (world, drawn) => (has(world) ? deed(world, drawn) : null);
}

const usable = (world: World): FuzzConversation[] => world.usable();
const active = (world: World): FuzzUser[] => world.activeUsers();
const held = (world: World): FuzzDocument[] => world.usableDocuments();
const hasRoom = (world: World): boolean => world.usable().length < most.conversations;
const mayUpload = (world: World): boolean => world.usableDocuments().length < most.documents;
const others = (world: World, { owner }: Pick<FuzzConversation, 'owner'>): FuzzUser[] =>
  world.activeUsers().filter(({ id }) => id !== owner);
const siblings = (world: World, { id, owner }: FuzzConversation): FuzzConversation[] =>
  world.conversationsOf(owner).filter((one) => one.id !== id);
const ends = (role: FuzzMessage['role']) => (_: World, one: FuzzConversation) =>
  one.messages.filter((message) => message.role === role && !message.isWhole);
const open = (world: World): FuzzLink[] => world.links.filter((one) => world.isOpen(one));
const takingPart = (world: World): FuzzLink[] =>
  open(world).filter(
    ({ takesPart, recipient }) => takesPart && recipient !== null && world.isActive(recipient),
  );
const own = (kind: Organiser['kind']) => (world: World) =>
  world.organisers.filter((one) => one.kind === kind && one.isThere && world.isActive(one.owner));
const alike = (world: World, one: FuzzDocument): FuzzDocument[] =>
  world
    .usableDocuments()
    .filter(({ owner }) => owner === one.owner)
    .slice(0, 1 + (one.id.charCodeAt(35) % 2));

function readerOf({ id, token }: FuzzUser) {
  return { name: '', token, userId: id, limitedTo: null };
}

export const deeds: Record<string, { weight: number; deed: Deed }> = {
  create: { weight: 3, deed: where(hasRoom, on(active, conversations.createConversation)) },
  rename: { weight: 1, deed: on(usable, conversations.rename) },
  retitle: { weight: 1, deed: on(usable, conversations.retitle) },
  deleteConversation: { weight: 2, deed: on(usable, conversations.deleteConversation) },
  restoreConversation: {
    weight: 3,
    deed: on((world) => world.binned(), conversations.restoreConversation),
  },
  erase: {
    weight: 1,
    deed: on((world) => [...world.binned(), ...world.usable()], conversations.eraseConversation),
  },
  deleteAndKeepDocuments: { weight: 2, deed: onBoth(usable, siblings, conversations.deleteAndKeepDocuments) },
  deleteInTheMiddle: { weight: 1, deed: on(usable, conversations.deleteInTheMiddle) },
  abandon: {
    weight: 2,
    deed: on(usable, (world, one, { also }) =>
      conversations.abandon(world, one, also % 2 === 0 ? 'message' : 'document', also % 25),
    ),
  },
  append: { weight: 4, deed: on(usable, messages.append) },
  ask: { weight: 3, deed: on(usable, (world, one, { also }) => messages.ask(world, one, also % 2 === 0)) },
  askEverywhere: { weight: 1, deed: where(hasRoom, on(active, messages.askEverywhere)) },
  chat: { weight: 1, deed: on(usable, messages.chat) },
  complete: {
    weight: 1,
    deed: on(usable, (world, one, { also }) => messages.complete(world, one, also % 2 === 0)),
  },
  askByTool: { weight: 1, deed: on(usable, messages.askByTool) },
  edit: {
    weight: 2,
    deed: onBoth(usable, ends('user'), (world, one, message, { also }) =>
      messages.edit(world, one, message, also % 2 === 0),
    ),
  },
  regenerate: { weight: 1, deed: onBoth(usable, ends('user'), messages.regenerate) },
  rate: { weight: 1, deed: onBoth(usable, ends('assistant'), messages.rate) },
  stop: { weight: 1, deed: onBoth(usable, ends('assistant'), messages.stop) },
  switchBranch: {
    weight: 1,
    deed: on(
      (world) => world.usable().filter((one) => one.messages.length > 1),
      (world, one, { also }) => messages.switchBranch(world, one, also),
    ),
  },
  deleteMessage: {
    weight: 1,
    deed: onBoth(usable, (_, one) => one.messages.filter(({ isWhole }) => !isWhole), messages.deleteMessage),
  },
  fork: {
    weight: 2,
    deed: where(
      hasRoom,
      on(usable, (world, one, { also }) =>
        messages.fork(world, one, also % 2 === 0 ? undefined : pick(one.messages, also)),
      ),
    ),
  },
  upload: { weight: 4, deed: where(mayUpload, on(usable, documents.upload)) },
  uploadFile: { weight: 1, deed: where(mayUpload, on(usable, documents.uploadFile)) },
  uploadByTool: { weight: 1, deed: where(mayUpload, on(usable, documents.uploadByTool)) },
  replace: { weight: 2, deed: on(held, documents.replace) },
  renameDocument: { weight: 1, deed: on(held, documents.renameDocument) },
  copyDocuments: {
    weight: 2,
    deed: where(
      mayUpload,
      onBoth(
        held,
        (world, { owner }) => world.conversationsOf(owner),
        (world, one, to) => documents.copyDocuments(world, alike(world, one), to),
      ),
    ),
  },
  moveDocuments: {
    weight: 2,
    deed: onBoth(
      held,
      (world, { owner }) => world.conversationsOf(owner),
      (world, one, to) => documents.moveDocuments(world, alike(world, one), to),
    ),
  },
  deleteDocument: {
    weight: 1,
    deed: on(held, (world, one, { also }) => documents.deleteDocument(world, one, also % 2 === 0)),
  },
  deleteDocuments: {
    weight: 1,
    deed: on(held, (world, one, { also }) =>
      documents.deleteDocuments(world, alike(world, one), also % 2 === 0),
    ),
  },
  restoreDocument: { weight: 2, deed: on((world) => world.binnedDocuments(), documents.restoreDocument) },
  askAboutDocument: { weight: 1, deed: on(held, documents.askAboutDocument) },
  share: {
    weight: 4,
    deed: where(
      (world) => open(world).length < most.links,
      on(
        // A link shows at least one message.
        (world) => world.usable().filter(({ messages: said }) => said.length > 0),
        (world, one, { at, also }) => {
          const person = pick(others(world, one), at);
          const takesPart = also % 3 === 0 && person !== undefined;
          return sharing.share(world, one, {
            hasPassword: also % 4 === 1,
            hasDocuments: also % 2 === 0,
            recipient: takesPart || also % 3 === 1 ? (person ?? null) : null,
            takesPart,
          });
        },
      ),
    ),
  },
  updateShare: {
    weight: 1,
    deed: on(
      (world) => open(world).filter((link) => world.conversation(link.conversationId).leafId !== null),
      sharing.updateShare,
    ),
  },
  continueShare: {
    weight: 2,
    deed: where(
      hasRoom,
      onBoth(
        open,
        (world, link) =>
          world.activeUsers().filter((user) => mayOpen(world, readerOf(user), { link, hasPassword: true })),
        sharing.continueShare,
      ),
    ),
  },
  writeInShare: { weight: 2, deed: on(takingPart, sharing.writeInShare) },
  askInShare: {
    weight: 2,
    deed: on(takingPart, (world, link, { also }) => sharing.askInShare(world, link, also % 2 === 0)),
  },
  revokeShare: { weight: 2, deed: on(open, sharing.revokeShare) },
  importExport: {
    weight: 2,
    deed: where(
      hasRoom,
      onBoth(usable, active, (world, one, user, { also }) =>
        exchange.importExport(world, one, user, also % 2 === 0 ? 'json' : 'zip'),
      ),
    ),
  },
  makeProject: {
    weight: 1,
    deed: where(
      (world) => own('project')(world).length < most.organisers,
      on(active, organising.makeProject),
    ),
  },
  putInProject: {
    weight: 1,
    deed: onBoth(
      usable,
      (world, { owner }) => own('project')(world).filter((one) => one.owner === owner),
      organising.putInProject,
    ),
  },
  makeTemplate: {
    weight: 1,
    deed: where(
      (world) => own('template')(world).length < most.organisers,
      on(usable, organising.makeTemplate),
    ),
  },
  useTemplate: { weight: 1, deed: where(hasRoom, on(own('template'), organising.useTemplate)) },
  changeOrganiser: {
    weight: 1,
    deed: on((world) => [...own('project')(world), ...own('template')(world)], organising.changeOrganiser),
  },
  deleteOrganiser: {
    weight: 1,
    deed: on((world) => [...own('project')(world), ...own('template')(world)], organising.deleteOrganiser),
  },
  makeKey: {
    weight: 2,
    deed: where(
      ({ keys }) => keys.filter(({ isRevoked }) => !isRevoked).length < most.keys,
      on(usable, (world, one, { also }) =>
        accounts.makeKey(
          world,
          one,
          (['conversation', 'read', 'conversation', 'write'] as const)[also % 4] ?? 'read',
        ),
      ),
    ),
  },
  revokeKey: {
    weight: 1,
    deed: on(
      (world) => world.keys.filter(({ isRevoked, userId }) => !isRevoked && world.isActive(userId)),
      accounts.revokeKey,
    ),
  },
  nameAccount: { weight: 1, deed: on(active, accounts.nameAccount) },
  endSession: {
    weight: 1,
    deed: on(active, (world, user, { also }) => accounts.endSession(world, user, also)),
  },
  changePassword: {
    weight: 1,
    deed: on(active, (world, user, { also }) => accounts.changePassword(world, user, also % 2 === 0)),
  },
  suspend: {
    weight: 1,
    deed: on(
      ({ users }) => users.filter(({ state }) => state !== 'gone'),
      (world, user) => accounts.setStatus(world, user, user.state === 'active' ? 'suspended' : 'active'),
    ),
  },
  admit: {
    weight: 1,
    deed: (world, { also }) =>
      world.users.filter(({ state }) => state !== 'gone').length >= most.users
        ? null
        : () => accounts.admit(world, also % 2 === 0),
  },
  deleteAccount: {
    weight: 1,
    deed: where(
      // Never the last two: a world without people has nothing to read.
      (world) => world.activeUsers().length > 2,
      (world, drawn) =>
        // Rarely.
        drawn.also % 8 < 2
          ? on(active, (_, user) => accounts.deleteAccount(world, user, drawn.also % 8 === 1))(world, drawn)
          : null,
    ),
  },
  replay: {
    weight: 4,
    deed: (world, { at, also }) => (world.sent.length === 0 ? null : () => attempts.replay(world, at, also)),
  },
  trespass: {
    weight: 2,
    deed: onBoth(usable, others, (world, one, by) => attempts.trespass(world, by, one)),
  },
  intrude: {
    weight: 1,
    deed: on(
      ({ links }) => links,
      (world, link) => attempts.intrude(world, link),
    ),
  },
};
