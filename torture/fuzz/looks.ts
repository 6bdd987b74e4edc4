import { staticRoutes } from '../../test/isolation/cases.ts';
import { routesOf } from '../../test/http/route-table.ts';
import { question, toolCall } from './acts/act.ts';
import { linkLooks } from './link-looks.ts';
import { isTurn, kindOf, type Look, turns } from './look.ts';
import { type FuzzConversation, type FuzzDocument, saidIn } from './things.ts';
import type { Place } from './view.ts';
import type { World } from './world.ts';

/** Of no user: answers without a look at who asks. */
const open = new Set(['/healthz', '/readyz', '/metrics', '/capabilities', '/openapi.json']);
const strategies = ['keyword', 'rrf_fusion'];
/** Of what is deleted, this many of the latest are looked for: it must not come back. */
const deletedAtMost = 4;

/** The routes that only read, whole pages of them; those of pages and of the reference show nothing of a user. */
export async function readRoutes({ here }: Pick<World, 'here'>): Promise<string[]> {
  const { text } = await here.call('GET', '/openapi.json', null);
  const { paths } = JSON.parse(text) as {
    paths: Record<string, { get?: { parameters?: { name?: string }[] } }>;
  };
  const isPaged = (path: string): boolean =>
    paths[path.replaceAll(/:(\w+)/g, '{$1}')]?.get?.parameters?.some(({ name }) => name === 'limit') === true;
  return routesOf(here.app)
    .filter((route) => route.startsWith('GET ') && !staticRoutes.has(route))
    .map((route) => route.slice('GET '.length))
    .filter((path) => !open.has(path))
    .map((path) => (isPaged(path) ? `${path}?limit=200` : path));
}

/** Everything that there is to look at now. @throws Error for a route that nobody has said how to read */
export function looksAt(world: World, routes: readonly string[]): Look[] {
  return [...routes.flatMap((path) => looksOf(world, path)), ...retrievals(world), ...tools(world)];
}

function looksOf(world: World, path: string): Look[] {
  const route = path.split('?')[0] ?? '';
  if (route === '/export')
    return isTurn(world, turns.account) ? [ofAccount(path, { kind: 'everything' })] : [];
  if (route === '/events') return [{ ...ofAccount(path, { kind: 'everything' }), isEndless: true }];
  if (route === '/admin/users') return [ofAccount(path, { kind: 'people' })];
  if (route === '/search') return searches(world, path);
  if (route === '/conversations')
    return [
      ofAccount(path),
      ofAccount(`${path}&status=all`),
      ofAccount(`${path}&status=deleted`, { kind: 'bin' }),
    ];
  if (route === '/conversations/stats/overview')
    return isTurn(world, turns.statistics) ? [ofAccount(path)] : [];
  if (!route.includes(':')) return [ofAccount(path)];
  if (route.startsWith('/s/')) return world.links.flatMap((link) => linkLooks(world, link, path));
  if (route.startsWith('/documents/'))
    return known(world.documents, (one) => isDocumentThere(world, one)).map((one) =>
      ofDocument(world, one, path),
    );
  if (route.startsWith('/messages/')) return messageLooks(world, path);
  if (route.startsWith('/templates/'))
    return world.organisers
      .filter(({ kind }) => kind === 'template')
      .slice(-deletedAtMost)
      .map(({ id, owner, isThere }) => ({
        ...ofAccount(path, { kind: 'organiser', id }),
        path: path.replace(':id', id),
        owner,
        isThere,
        conversationId: id,
      }));
  const conversations = known(world.conversations, ({ state }) => state === 'there');
  if (route === '/v1/models/:model')
    return conversations.map((one) => ofConversation(one, path.replace(':model', `conv:${one.id}`), path));
  if (route === '/conversations/:id/stats')
    return conversations.flatMap((one, at) =>
      isTurn(world, turns.statistics, at) ? [ofConversation(one, path.replace(':id', one.id), path)] : [],
    );
  if (route === '/conversations/:id/export')
    return conversations.map((one, at) => ofExport(world, one, path, at));
  if (route.startsWith('/conversations/:id') || route === '/api/chat/:id/stream')
    return conversations.map((one) => ofConversation(one, path.replace(':id', one.id), path));
  throw new Error(`say in torture/fuzz/looks.ts how GET ${path} is read`);
}

/** What is there, and what was deleted last. */
function known<T>(things: readonly T[], isThere: (thing: T) => boolean): T[] {
  return [...things.filter(isThere), ...things.filter((one) => !isThere(one)).slice(-deletedAtMost)];
}

function ofAccount(path: string, place: Place = { kind: 'account' }): Look {
  return { kind: kindOf(path), method: 'GET', path, place, owner: null, conversationId: null, isThere: true };
}

function ofConversation(one: FuzzConversation, path: string, route: string): Look {
  const { id, owner, state } = one;
  return {
    kind: kindOf(route),
    method: 'GET',
    path,
    place: { kind: 'conversation', id },
    owner,
    conversationId: id,
    isThere: state === 'there',
    // The whole active branch.
    ...(kindOf(route) === 'GET /conversations/:id' ? { complete: saidIn(one) } : {}),
  };
}

function ofExport(world: World, one: FuzzConversation, route: string, at: number): Look {
  const format = isTurn(world, turns.pdf, at)
    ? 'pdf'
    : isTurn(world, turns.zip, at)
      ? 'zip'
      : (['markdown', 'json', 'html'][(world.sweeps + at) % 3] ?? 'json');
  const path = `${route.replace(':id', one.id)}?format=${format}`;
  const look = ofConversation(one, path, route);
  return {
    ...look,
    kind: `${look.kind} as ${format}`,
    place: { kind: 'export', id: one.id },
    // The letters of a PDF are where they look well.
    ...(format === 'pdf' ? {} : { complete: saidIn(one) }),
  };
}

function isDocumentThere(world: World, { state, conversationId }: FuzzDocument): boolean {
  return state === 'there' && world.isThere(conversationId);
}

function ofDocument(world: World, one: FuzzDocument, route: string): Look {
  const { id, owner, conversationId, text } = one;
  const isText = route === '/documents/:id/text' || route === '/documents/:id/content';
  const page = route === '/documents/:id/words' ? '?page=1' : '';
  return {
    kind: kindOf(route),
    method: 'GET',
    path: `${route.replace(':id', id)}${page}`,
    place: { kind: 'document', id },
    owner,
    conversationId,
    isThere: isDocumentThere(world, one),
    ...(isText ? { complete: [text] } : {}),
  };
}

/** The last message of each conversation, one of the earlier ones in turn, and those that were deleted last. */
function messageLooks(world: World, route: string): Look[] {
  return known(world.conversations, ({ state }) => state === 'there').flatMap((one) => {
    const { messages, deletedMessages, id: conversationId, owner, state } = one;
    const earlier = messages[world.sweeps % Math.max(1, messages.length)];
    const last = messages.at(-1);
    const there = [...new Set([earlier, last])].flatMap((message) => message?.id ?? []);
    return [...there, ...deletedMessages.slice(-1)].map((id) => ({
      kind: kindOf(route),
      method: 'GET' as const,
      path: route.replace(':id', id),
      place: { kind: 'conversation' as const, id: conversationId },
      owner,
      conversationId,
      isThere: state === 'there' && there.includes(id),
    }));
  });
}

/** Words that are in one text only, each of them its owner's; and words that all texts share. */
function searches(world: World, path: string): Look[] {
  const said = world.usable().flatMap((one) => saidIn(one).map((word) => ({ word, one })));
  const held = world.usableDocuments().map(({ text }) => text);
  const titles = world.usable().flatMap(({ title }) => title);
  const pick = <T>(list: readonly T[]): T[] =>
    list.slice(world.sweeps % Math.max(1, list.length)).slice(0, 1);
  const search = (q: string): Look => ofAccount(`${path}&q=${encodeURIComponent(q)}`);
  const [target] = pick(world.usable());
  return [
    search('vault lighthouse'),
    ...pick(said).map(({ word, one }) => ({ ...search(word), complete: [word], finder: one.owner })),
    ...pick([...held, ...titles]).map(search),
    ...(target === undefined
      ? []
      : [
          {
            ...ofConversation(target, `${path}&q=vault&conversation_id=${target.id}`, path),
            kind: 'GET /search in a conversation',
          },
        ]),
  ];
}

function retrievals(world: World): Look[] {
  const query = { query: question, top_k: 50 };
  return known(world.conversations, ({ state }) => state === 'there').flatMap((one) =>
    strategies.map((strategy) => ({
      ...ofConversation(one, `/conversations/${one.id}/retrieve`, '/conversations/:id/retrieve'),
      kind: 'POST /conversations/:id/retrieve',
      method: 'POST' as const,
      body: { ...query, strategy },
      place: { kind: 'retrieval' as const, id: one.id },
    })),
  );
}

/** What a model's tools read. */
function tools(world: World): Look[] {
  const tool = (name: string, args: Record<string, unknown>, look: Look): Look => ({
    ...look,
    ...toolCall(name, args),
    method: 'POST',
    kind: `POST /mcp ${name}`,
  });
  const ofOne = known(world.conversations, ({ state }) => state === 'there').flatMap((one, at) => {
    if (!isTurn(world, turns.tool, at)) return [];
    const look = ofConversation(one, '/mcp', '/mcp');
    const search = { conversation_id: one.id, query: question, top_k: 50 };
    return [
      tool('list_documents', { conversation_id: one.id }, look),
      tool('search_documents', search, { ...look, place: { kind: 'retrieval', id: one.id } }),
    ];
  });
  const ofDocuments = known(world.documents, (one) => isDocumentThere(world, one)).flatMap((one, at) =>
    isTurn(world, turns.tool, at)
      ? [
          tool(
            'read_document',
            { document_id: one.id },
            { ...ofDocument(world, one, '/mcp'), complete: [one.text] },
          ),
        ]
      : [],
  );
  const all = tool('list_conversations', { limit: 200 }, ofAccount('/mcp'));
  return [...(isTurn(world, turns.tool) ? [all] : []), ...ofOne, ...ofDocuments];
}
