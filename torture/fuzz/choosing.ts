import type { FuzzConversation, FuzzDocument, FuzzLink, FuzzMessage, Organiser } from './things.ts';
import type { FuzzUser, World } from './world.ts';

// What a command is done to.

/** Of what is there at the same time in a world. */
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

export function pick<T>(things: readonly T[], at: number): T | undefined {
  return things[at % Math.max(1, things.length)];
}

/** A deed that is done to one of several things. */
export function on<T>(
  choose: (world: World) => readonly T[],
  deed: (world: World, one: T, drawn: Drawn) => Promise<unknown> | null,
): Deed {
  return (world, drawn) => {
    const one = pick(choose(world), drawn.at);
    return one === undefined ? null : () => deed(world, one, drawn) ?? Promise.resolve();
  };
}

/** The same with a second thing, which depends on the first. */
export function onBoth<T, U>(
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

export function where(has: (world: World) => boolean, deed: Deed): Deed {
  return (world, drawn) => (has(world) ? deed(world, drawn) : null);
}

export const usable = (world: World): FuzzConversation[] => world.usable();
export const active = (world: World): FuzzUser[] => world.activeUsers();
export const held = (world: World): FuzzDocument[] => world.usableDocuments();
export const hasRoom = (world: World): boolean => world.usable().length < most.conversations;
export const mayUpload = (world: World): boolean => world.usableDocuments().length < most.documents;
export const others = (world: World, { owner }: Pick<FuzzConversation, 'owner'>): FuzzUser[] =>
  world.activeUsers().filter(({ id }) => id !== owner);
export const siblings = (world: World, { id, owner }: FuzzConversation): FuzzConversation[] =>
  world.conversationsOf(owner).filter((one) => one.id !== id);
export const ends = (role: FuzzMessage['role']) => (_: World, one: FuzzConversation) =>
  one.messages.filter((message) => message.role === role && !message.isWhole);
export const open = (world: World): FuzzLink[] => world.links.filter((one) => world.isOpen(one));
export const takingPart = (world: World): FuzzLink[] =>
  open(world).filter(
    ({ takesPart, recipient }) => takesPart && recipient !== null && world.isActive(recipient),
  );
export const own = (kind: Organiser['kind']) => (world: World) =>
  world.organisers.filter((one) => one.kind === kind && one.isThere && world.isActive(one.owner));
/** One or two documents of the same owner's. */
export const alike = (world: World, one: FuzzDocument, { also }: Drawn): FuzzDocument[] =>
  world
    .usableDocuments()
    .filter(({ owner }) => owner === one.owner)
    .slice(0, 1 + (also % 2));
