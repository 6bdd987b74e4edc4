import * as accounts from './acts/accounts.ts';
import * as conversations from './acts/conversations.ts';
import * as documents from './acts/documents.ts';
import * as exchange from './acts/exchange.ts';
import * as messages from './acts/messages.ts';
import * as organising from './acts/organising.ts';
import * as sharing from './acts/sharing.ts';
import * as attempts from './attempts.ts';
import {
  active,
  alike,
  type Deed,
  ends,
  hasRoom,
  held,
  mayUpload,
  most,
  on,
  onBoth,
  open,
  others,
  own,
  pick,
  siblings,
  takingPart,
  usable,
  where,
} from './choosing.ts';
import { mayOpen } from './view.ts';
import type { FuzzUser } from './world.ts';

/** Every command, and how often it is drawn. */
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
        (world, one, to, drawn) => documents.copyDocuments(world, alike(world, one, drawn), to),
      ),
    ),
  },
  moveDocuments: {
    weight: 2,
    deed: onBoth(
      held,
      (world, { owner }) => world.conversationsOf(owner),
      (world, one, to, drawn) => documents.moveDocuments(world, alike(world, one, drawn), to),
    ),
  },
  deleteDocument: {
    weight: 1,
    deed: on(held, (world, one, { also }) => documents.deleteDocument(world, one, also % 2 === 0)),
  },
  deleteDocuments: {
    weight: 1,
    deed: on(held, (world, one, drawn) =>
      documents.deleteDocuments(world, alike(world, one, drawn), drawn.also % 2 === 0),
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

function readerOf({ id, token }: FuzzUser) {
  return { name: '', token, userId: id, limitedTo: null };
}
