import fc from 'fast-check';
import * as actions from './actions.ts';
import * as attempts from './attempts.ts';
import type { FuzzConversation, World } from './world.ts';

const most = { users: 4, conversations: 6, documents: 8, keys: 4 };

/** A command as fast-check draws it: what it does depends on numbers that are taken modulo what there is. */
interface Drawn {
  name: string;
  /** Chooses what it is done to. */
  at: number;
  /** Chooses the rest. */
  also: number;
}

type Command = fc.AsyncCommand<World, World>;
type Deed = (world: World, drawn: Drawn) => (() => Promise<unknown>) | null;

function pick<T>(things: readonly T[], at: number): T | undefined {
  return things[at % Math.max(1, things.length)];
}

/** Runs with a conversation that its owner can use; null where there is none. */
function onConversation(
  deed: (world: World, conversation: FuzzConversation, drawn: Drawn) => Promise<unknown>,
): Deed {
  return (world, drawn) => {
    const conversation = pick(world.usable(), drawn.at);
    return conversation === undefined ? null : () => deed(world, conversation, drawn);
  };
}

const deeds: Record<string, { weight: number; deed: Deed }> = {
  create: {
    weight: 3,
    deed: (world, { at }) => {
      const user = pick(world.activeUsers(), at);
      if (user === undefined || world.usable().length >= most.conversations) return null;
      return () => actions.createConversation(world, user);
    },
  },
  append: { weight: 4, deed: onConversation(actions.append) },
  upload: {
    weight: 5,
    deed: (world, drawn) =>
      world.usableDocuments().length >= most.documents ? null : onConversation(actions.upload)(world, drawn),
  },
  ask: { weight: 3, deed: onConversation((world, one, { also }) => actions.ask(world, one, also % 2 === 0)) },
  askEverywhere: {
    weight: 1,
    deed: (world, { at }) => {
      const user = pick(world.activeUsers(), at);
      if (user === undefined || world.usable().length >= most.conversations) return null;
      return () => actions.askEverywhere(world, user);
    },
  },
  rename: { weight: 1, deed: onConversation(actions.rename) },
  move: {
    weight: 2,
    deed: (world, { at, also }) => {
      const from = pick(world.usable(), at);
      const to =
        from &&
        pick(
          world.conversationsOf(from.owner).filter(({ id }) => id !== from.id),
          also,
        );
      return from === undefined || to === undefined ? null : () => actions.moveDocuments(world, from, to);
    },
  },
  deleteDocument: {
    weight: 2,
    deed: (world, { at }) => {
      const document = pick(world.usableDocuments(), at);
      return document === undefined ? null : () => actions.deleteDocument(world, document.id, document.owner);
    },
  },
  deleteConversation: { weight: 1, deed: onConversation(actions.deleteConversation) },
  deleteInTheMiddle: { weight: 1, deed: onConversation(actions.deleteInTheMiddle) },
  suspend: {
    weight: 1,
    deed: (world, { at }) => {
      const user = pick(
        world.users.filter(({ state }) => state !== 'gone'),
        at,
      );
      if (user === undefined) return null;
      return () => actions.setStatus(world, user, user.state === 'active' ? 'suspended' : 'active');
    },
  },
  makeKey: {
    weight: 2,
    deed: (world, drawn) =>
      world.keys.length >= most.keys
        ? null
        : onConversation((_, one, { also }) => actions.makeKey(world, one, also % 3 !== 0))(world, drawn),
  },
  replay: {
    weight: 4,
    deed: (world, { at, also }) => (world.sent.length === 0 ? null : () => attempts.replay(world, at, also)),
  },
  abandon: {
    weight: 2,
    deed: onConversation((world, one, { also }) =>
      actions.abandon(world, one, also % 2 === 0 ? 'message' : 'document', also % 25),
    ),
  },
  trespass: {
    weight: 2,
    deed: (world, { at, also }) => {
      const conversation = pick(world.usable(), at);
      const by = pick(
        world.activeUsers().filter(({ id }) => id !== conversation?.owner),
        also,
      );
      return conversation === undefined || by === undefined
        ? null
        : () => attempts.trespass(world, by, conversation);
    },
  },
  deleteAccount: {
    weight: 1,
    deed: (world, { at, also }) => {
      const user = pick(world.activeUsers(), at);
      // Rarely, and never the last two: a world without people has nothing to read.
      if (user === undefined || also % 4 !== 0 || world.activeUsers().length < 3) return null;
      return () => actions.deleteAccount(world, user);
    },
  },
};

/** Histories of at most that many commands; `after` runs behind each, until `isOver`. */
export function histories(
  maxCommands: number,
  after: (world: World) => Promise<void>,
  isOver: () => boolean,
): fc.Arbitrary<Iterable<Command>> {
  const drawn = fc.record({
    name: fc.oneof(
      ...Object.entries(deeds).map(([name, { weight }]) => ({ weight, arbitrary: fc.constant(name) })),
    ),
    at: fc.nat(1000),
    also: fc.nat(1000),
  });
  return fc.commands([drawn.map((one) => commandOf(one, after, isOver))], { maxCommands, size: 'max' });
}

function commandOf(drawn: Drawn, after: (world: World) => Promise<void>, isOver: () => boolean): Command {
  const deed = deeds[drawn.name]?.deed ?? (() => null);
  return {
    check: (world) => !isOver() && deed(world as World, drawn) !== null,
    async run(_, world) {
      await deed(world, drawn)?.();
      await after(world);
    },
    toString: () => `${drawn.name}(${drawn.at}, ${drawn.also})`,
  };
}
