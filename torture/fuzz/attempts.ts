import { mustBe } from '../support/claims.ts';
import { question, toolCall } from './acts/act.ts';
import { linkPassword } from './acts/sharing.ts';
import { type Reader, wordsIn } from './canaries.ts';
import { judgeWords } from './judge.ts';
import type { FuzzConversation, FuzzLink, Sent } from './things.ts';
import { mayOpen, type Place } from './view.ts';
import type { FuzzUser, World } from './world.ts';

// What people try with requests that are not, or no longer, theirs.

/** The same request with the same key: one effect, and nothing of what was deleted. By others it is their own request. */
export async function replay(world: World, at: number, by: number): Promise<void> {
  const sent = world.sent[at % world.sent.length];
  if (sent === undefined) return;
  // A request for another person's key would be a request of its own: who may write, and has not sent it, is left out.
  const readers = world.readers().filter((one) => isRepeat(world, one, sent));
  const reader = readers[by % readers.length];
  if (reader === undefined || reader.token === null) return;
  const link = world.links.find(({ id }) => id === sent.viaLink);
  const reply = await world.here.call('POST', sent.path, reader.token, sent.body, {
    'idempotency-key': sent.key,
    ...(link === undefined ? {} : { 'x-share-password': linkPassword }),
  });
  const what = `a replay of POST ${sent.path} by ${reader.name}`;
  const place: Place = link === undefined ? { kind: 'account' } : { kind: 'link', link, hasPassword: true };
  const isSender = reader.userId === sent.userId;
  const isOpen =
    link === undefined
      ? isThere(world, sent.conversationId)
      : mayOpen(world, reader, { link, hasPassword: true });
  // What the request itself says, and was answered, may come back to who has sent it.
  const own = isSender && isOpen ? wordsIn(`${JSON.stringify(sent.body) ?? ''} ${sent.first.text}`) : [];
  judgeWords(world, reader, place, reply, what, own);
  const may = isSender && isOpen && [null, sent.conversationId].includes(reader.limitedTo);
  const told = (): string => `${what} is answered with ${reply.status}: ${reply.text}`;
  if (reader.userId === null) mustBe(reply.status === 401, told);
  else if (!may) mustBe(isRefusal(world, reply.status), told);
  // A key that may only read is refused before its request is looked at.
  else mustBe([sent.first.status, 403, 404, 409].includes(reply.status), told);
}

/** Whoever may open a link that is to take part could say the same again in their own name; nobody else can. */
function isRepeat(world: World, reader: Reader, { viaLink, userId }: Sent): boolean {
  const link = world.links.find(({ id }) => id === viaLink);
  return link === undefined || reader.userId === userId || reader.userId !== link.recipient;
}

function isRefusal({ refuses }: World, status: number): boolean {
  return status === 403 || status === 404 || (!refuses && status < 500);
}

function isThere({ conversations }: World, id: string): boolean {
  return conversations.some((one) => one.id === id && one.state === 'there');
}

type Attempt = [method: string, path: string, body?: unknown];

/** Somebody tries to change what is another's. */
export async function trespass(world: World, by: FuzzUser, one: FuzzConversation): Promise<void> {
  const word = world.plant();
  const { id } = one;
  const attempts: Attempt[] = [
    ...onConversation(id, word),
    ...one.messages.slice(-1).flatMap((message) => onMessage(message.id, word)),
    ...world
      .documentsIn(id)
      .slice(-1)
      .flatMap((document) => onDocument(world, by, document.id, word)),
    ...onTheRest(world, one, word),
  ];
  for (const [method, path, body] of attempts) {
    const reply = await world.here.call(method, path, by.token, body);
    const told = `${method} ${path} ${JSON.stringify(body) ?? ''} by another is answered with ${reply.status}: ${reply.text}`;
    const isToolRefused = path === '/mcp' && (reply.text.includes('"isError":true') || !world.refuses);
    mustBe(isToolRefused || isRefusal(world, reply.status), told);
    judgeWords(
      world,
      { name: 'a trespasser', token: by.token, userId: by.id, limitedTo: null },
      { kind: 'account' },
      reply,
      told,
      [word],
    );
  }
}

function onConversation(id: string, word: string): Attempt[] {
  const chat = [{ id: 'm', role: 'user', parts: [{ type: 'text', text: word }] }];
  const tool = (name: string, args: object): Attempt => {
    const { method, path, body } = toolCall(name, { conversation_id: id, ...args });
    return [method, path, body];
  };
  return [
    ['POST', `/conversations/${id}/messages`, { role: 'user', content: word }],
    ['POST', `/conversations/${id}/documents`, { name: `${word}.txt`, text: word }],
    ['PATCH', `/conversations/${id}`, { title: word }],
    ['PUT', `/conversations/${id}/title`, { title: word }],
    ['DELETE', `/conversations/${id}`],
    ['DELETE', `/conversations/${id}?permanently=true`],
    ['POST', `/conversations/${id}/restore`],
    ['POST', `/conversations/${id}/fork`, {}],
    ['POST', `/conversations/${id}/shares`, {}],
    ['POST', `/rag/conversation/${id}/query`, { query: question }],
    ['POST', '/auth/keys', { name: word, scope: 'conversation', conversation_id: id }],
    ['POST', '/templates', { name: word, from_conversation_id: id }],
    ['POST', '/api/chat', { conversationId: id, messages: chat }],
    [
      'POST',
      '/v1/chat/completions',
      { model: `conv:${id}`, messages: [{ role: 'user', content: question }] },
    ],
    tool('ask', { question }),
    tool('add_document', { name: word, text: word }),
  ];
}

function onMessage(id: string, word: string): Attempt[] {
  return [
    ['POST', `/messages/${id}/edit`, { content: word }],
    ['POST', `/messages/${id}/regenerate`, {}],
    ['POST', `/messages/${id}/stop`],
    ['PUT', `/messages/${id}/feedback`, { rating: 'up', reason: word }],
    ['DELETE', `/messages/${id}`],
  ];
}

/** Into what is the trespasser's own, too. */
function onDocument(world: World, by: FuzzUser, id: string, word: string): Attempt[] {
  // Where nothing is said there is nothing to share, whatever documents are named.
  const own = world.conversationsOf(by.id).find(({ leafId }) => leafId !== null);
  const ids = { document_ids: [id] };
  const into = own === undefined ? [] : [own.id];
  return [
    ['PATCH', `/documents/${id}`, { name: word }],
    ['POST', `/documents/${id}/replace`, { name: `${word}.txt`, text: word }],
    ['POST', `/documents/${id}/questions`],
    ['POST', `/documents/${id}/retry`],
    ['POST', `/documents/${id}/cancel`],
    ['POST', `/documents/${id}/restore`],
    ['DELETE', `/documents/${id}?restorable=true`],
    ['DELETE', `/documents/${id}`],
    ['POST', '/documents/delete', ids],
    ...into.flatMap((conversation): Attempt[] => [
      ['POST', '/documents/copy', { ...ids, conversation_id: conversation }],
      ['POST', '/documents/move', { ...ids, conversation_id: conversation }],
      ['POST', `/rag/conversation/${conversation}/query`, { query: question, document_ids: [id] }],
      ['POST', `/conversations/${conversation}/shares`, ids],
    ]),
  ];
}

/** Of the same owner's: links, keys, templates, projects. */
function onTheRest(world: World, { owner }: FuzzConversation, word: string): Attempt[] {
  const links = world.links.filter((one) => one.owner === owner).slice(-1);
  const keys = world.keys.filter(({ userId }) => userId === owner).slice(-1);
  const organisers = world.organisers.filter((one) => one.owner === owner).slice(-2);
  return [
    ...links.flatMap(({ id }): Attempt[] => [
      ['PUT', `/shares/${id}`, {}],
      ['DELETE', `/shares/${id}`],
    ]),
    ...keys.map(({ id }): Attempt => ['DELETE', `/auth/keys/${id}`]),
    ...organisers.flatMap(({ kind, id }): Attempt[] => [
      ['PATCH', `/${kind}s/${id}`, { name: word }],
      ['DELETE', `/${kind}s/${id}`],
      kind === 'template' ? ['POST', '/conversations', { template_id: id }] : ['DELETE', `/${kind}s/${id}`],
    ]),
  ];
}

/** Everybody whom a link is not for tries to write through it, and to go on with it. */
export async function intrude(world: World, link: FuzzLink): Promise<void> {
  const word = world.plant();
  const path = `/s/${link.token}`;
  const headers = { 'x-share-password': linkPassword };
  for (const reader of world.readers()) {
    const opens = mayOpen(world, reader, { link, hasPassword: true });
    const takesPart = opens && link.takesPart && reader.userId === link.recipient;
    const attempts: Attempt[] = [
      ...(takesPart
        ? []
        : ([
            ['POST', `${path}/messages`, { content: word }],
            ['POST', `${path}/query`, { query: question }],
            ['POST', `${path}/messages/${link.id}/stop`],
          ] as Attempt[])),
      ...(opens && reader.userId !== null ? [] : ([['POST', `${path}/continue`]] as Attempt[])),
    ];
    for (const [method, to, body] of attempts) {
      const reply = await world.here.call(method, to, reader.token, body, headers);
      const told = `${reader.name}, ${method} ${to}: ${reply.status} ${reply.text}`;
      const wanted = reader.userId === null ? [401] : [401, 403, 404];
      mustBe(wanted.includes(reply.status), told);
      judgeWords(world, reader, { kind: 'nothing' }, reply, told, [word]);
    }
  }
}
