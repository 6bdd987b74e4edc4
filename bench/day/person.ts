import type { HttpCaller, Person } from '../server/people.ts';
import { readStream } from '../streams/read-stream.ts';
import type { Random } from '../synthetic/seeded.ts';
import type { TextSource } from '../synthetic/texts.ts';

/** What somebody does in a day, each so many times of a hundred. */
export const kinds = {
  'open a conversation': 26,
  'list conversations': 22,
  'append a message': 16,
  'ask, to the first word': 14,
  search: 10,
  'upload until it can be searched': 5,
  'begin a conversation': 4,
  'delete a conversation': 3,
} as const;
export type Kind = keyof typeof kinds;

const documentWords = 1_200;
const topics = 500;

/** Somebody with some conversations; does one thing after the other. */
export interface Visitor {
  /** Draws what is done next, does it and says how long it took. @throws when the server refuses it */
  act(): Promise<{ kind: Kind; ms: number }>;
}

/** An account with a key of its own and two conversations, each with a document. */
export async function arrive(
  caller: HttpCaller,
  person: Person,
  texts: TextSource,
  random: Random,
): Promise<Visitor> {
  // A day is longer than an access token lives.
  const { key } = await caller.json<{ key: string }>('POST', '/auth/keys', person.token, {
    name: 'day',
    scope: 'write',
  });
  const topic = random.below(topics);
  const own: string[] = [];
  const one = (): string => own[random.below(own.length)] as string;
  const json = <T>(method: string, path: string, body?: unknown): Promise<T> =>
    caller.json<T>(method, path, key, body);

  async function begin(): Promise<void> {
    const { id } = await json<{ id: string }>('POST', '/conversations', {
      title: texts.passage(random, topic, 5),
    });
    own.push(id);
  }

  async function upload(conversation: string): Promise<void> {
    const document = { name: 'notes.txt', text: texts.passage(random, topic, documentWords) };
    await json('POST', `/conversations/${conversation}/documents?wait=ready`, document);
  }

  async function ask(): Promise<number> {
    const { firstTokenMs, complete } = await readStream(caller, {
      path: `/rag/conversation/${one()}/query`,
      token: key,
      body: { query: `${texts.question(random, topic, 6)} (in short)`, stream: true },
      word: 'event: delta',
      end: '"status":"complete"',
    });
    if (!complete) throw new Error('an answer did not come to its end');
    return firstTokenMs;
  }

  const acts: Record<Kind, () => Promise<unknown>> = {
    'open a conversation': () => {
      const id = one();
      return Promise.all([
        json('GET', `/conversations/${id}?limit=50`),
        json('GET', `/conversations/${id}/documents`),
      ]);
    },
    'list conversations': () => json('GET', '/conversations?limit=50'),
    'append a message': () =>
      json('POST', `/conversations/${one()}/messages`, {
        role: 'user',
        content: texts.passage(random, topic, 40),
      }),
    'ask, to the first word': ask,
    search: () =>
      json('GET', `/search?q=${encodeURIComponent(texts.question(random, topic, 3).slice(11, -1))}`),
    'upload until it can be searched': () => upload(one()),
    'begin a conversation': begin,
    async 'delete a conversation'() {
      const [id] = own.splice(random.below(own.length), 1);
      await json('DELETE', `/conversations/${id}`);
      if (own.length < 2) await begin();
    },
  };

  for (let at = 0; at < 2; at += 1) {
    await begin();
    await upload(own[at] as string);
  }
  return {
    async act() {
      const kind = draw(random);
      const started = performance.now();
      const told = await acts[kind]();
      const ms = kind === 'ask, to the first word' ? (told as number) : performance.now() - started;
      return { kind, ms };
    },
  };
}

function draw(random: Random): Kind {
  let left = random.below(100);
  for (const [kind, share] of Object.entries(kinds)) {
    left -= share;
    if (left < 0) return kind as Kind;
  }
  return 'list conversations';
}
