import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { encode } from '@msgpack/msgpack';
import type { ConversationHistory } from '@alcove/contract';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mapping, layoutFor } from '../../src/exchange/redis/mapping.ts';
import {
  migrateSessions,
  type MigrationOptions,
  type SessionReport,
} from '../../src/exchange/redis/migrate-sessions.ts';
import { openRedis } from '../../src/exchange/redis/scan-keys.ts';
import { databaseKind, personOf, startTestApp, type TestApp } from '../support/app.ts';
import { childEnvironment, childFlags } from '../support/child-environment.ts';
import { isFullRun } from '../support/full-run.ts';
import { hasRedis, startRedis, type TestRedis } from '../support/redis.ts';
import { runCli } from '../support/run-cli.ts';

const issuer = 'https://issuer.example';
const secret = 'a secret of at least thirty-two bytes, for tests';

let redis: TestRedis;
let app: TestApp;
beforeAll(async () => {
  if (!hasRedis) return;
  redis = await startRedis();
  app = await startTestApp({ env: { JWT_ISSUER: issuer, JWT_AUDIENCE: 'alcove', JWT_SECRET: secret } });
});
afterAll(async () => {
  await app?.close();
  await redis?.close();
});

async function migrate(pattern: string, options: Partial<MigrationOptions> & { dryRun?: boolean } = {}) {
  const store = await openRedis(redis.url);
  const reports: SessionReport[] = [];
  try {
    const db = options.dryRun === true ? null : app.app.db;
    const given = { pattern, layoutFor: () => null, owner: null, issuer, ...options };
    const report = await migrateSessions(store, db, given, {
      report: (one) => reports.push(one),
      progress: () => {},
    });
    return { report, reports };
  } finally {
    await store.close();
  }
}

/** The person whom tokens of the issuer name. */
async function signIn(subject: string) {
  const token = await new SignJWT({})
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(issuer)
    .setAudience('alcove')
    .setSubject(subject)
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(new TextEncoder().encode(secret));
  return personOf(app.baseUrl, token, { email: '', password: '', id: '' });
}

/** Every conversation of somebody, with its messages. */
async function conversationsOf(subject: string): Promise<ConversationHistory[]> {
  const person = await signIn(subject);
  const { body } = await person.json<{ conversations: { id: string }[] }>('GET', '/conversations');
  return Promise.all(
    body.conversations.map(
      async ({ id }) => (await person.json<ConversationHistory>('GET', `/conversations/${id}`)).body,
    ),
  );
}

const wordsOf = ({ messages }: ConversationHistory): string[] =>
  messages.map(({ role, content }) => `${role}: ${content}`);

const expected = ['user: Where is the boiler?', 'assistant: In cellar 7B.'];
const turns = [
  { role: 'user', content: 'Where is the boiler?' },
  { role: 'assistant', content: 'In cellar 7B.' },
];
const langchain = turns.map(({ role, content }) =>
  JSON.stringify({
    type: role === 'user' ? 'human' : 'ai',
    data: { content, additional_kwargs: {}, type: role === 'user' ? 'human' : 'ai' },
  }),
);

describe.skipIf(!hasRedis)('a session becomes a conversation', () => {
  const layouts: Record<string, () => (readonly (string | Buffer)[])[]> = {
    'of LangChain, which pushes to the left': () => [['LPUSH', 'k1', ...langchain]],
    'of LlamaIndex': () => [['RPUSH', 'k1', ...turns.map((turn) => JSON.stringify(turn))]],
    'of express-session': () => [
      ['SET', 'k1', JSON.stringify({ cookie: { path: '/' }, passport: { user: 'ada' }, messages: turns })],
    ],
    'of Flask-Session, as MessagePack': () => [
      ['SET', 'k1', Buffer.from(encode({ _permanent: true, user_id: 'ada', chat_history: turns }))],
    ],
    'of starsessions': () => [
      ['SET', 'k1', JSON.stringify({ user: { id: 'ada' }, data: { history: turns } })],
    ],
    'of a hash with the history in a field': () => [
      ['HSET', 'k1', 'user_id', 'ada', 'title', 'Boilers', 'messages', JSON.stringify(turns)],
    ],
    'of a stream': () =>
      turns.map(({ role, content }, at) => [
        'XADD',
        'k1',
        `17000000${at}0000-0`,
        'role',
        role,
        'content',
        content,
      ]),
    'of a sorted set': () =>
      turns.map((turn, at) => ['ZADD', 'k1', String(1_700_000_000 + at), JSON.stringify(turn)]),
    'of a hash for each message': () =>
      turns.map(({ role, content }, at) => [
        'HSET',
        `k1:${9 - at}`,
        'session_id',
        's1',
        'user_id',
        'ada',
        'role',
        role,
        'content',
        content,
        'timestamp',
        String(1_700_000_000 + at),
      ]),
    'of pairs': () => [
      [
        'SET',
        'k1',
        JSON.stringify({
          user: 'ada',
          history: [{ question: turns[0]?.content, answer: turns[1]?.content }],
        }),
      ],
    ],
  };

  test.each(Object.entries(layouts))('%s', async (name, commands) => {
    const prefix = `${name.replaceAll(/\W/g, '')}-`;
    const own = commands().map(([verb = '', key = '', ...rest]) => [
      verb,
      `${prefix}${String(key)}`,
      ...rest,
    ]);
    await redis.pipe(own);
    const user = `${prefix}ada`;
    const all = layoutFor(mapping.parse({ layouts: [{ match: '*' }] }));
    const { report, reports } = await migrate(`${prefix}*`, {
      layoutFor: (key) => withUser(all(key), user),
    });
    expect({ reports, failed: report.sessions.failed }).toMatchObject({ failed: 0 });
    expect(report).toMatchObject({ messages: 2, kept: 2, users: 1 });
    const [conversation, ...others] = await conversationsOf(user);
    expect(others).toEqual([]);
    expect(conversation && wordsOf(conversation)).toEqual(expected);
  });

  test('of its own person, who is found in it', async () => {
    await redis.pipe([
      ['SET', 'who:1', JSON.stringify({ passport: { user: 'grace' }, messages: turns })],
      ['SET', 'who:2', JSON.stringify({ user: { email: 'alan@example.org' }, messages: turns })],
      ['SET', 'who:3', JSON.stringify({ messages: turns })],
    ]);
    const { report } = await migrate('who:*');
    expect(report).toMatchObject({ users: 3, messages: 6, kept: 6, sessions: { created: 3 } });
    expect(await conversationsOf('grace')).toHaveLength(1);
    expect(await conversationsOf('who:3')).toEqual([]);
  });

  test('with its times, its title, what else was said of a message, and how long it would have lived', async () => {
    const first = { ...turns[0], timestamp: '2024-03-01T10:00:00Z', message_metadata: { page: 3 } };
    const second = { ...turns[1], timestamp: 1_709_287_260, search_results: [{ score: 0.5 }] };
    const tool = { role: 'tool', content: '{"found":1}', tool_call_id: 'c1' };
    const value = { userId: 'times', title: 'Boilers', messages: [first, tool, second] };
    await redis.pipe([['SET', 'times:1', JSON.stringify(value), 'EX', '3600']]);
    await migrate('times:*');
    const [conversation] = await conversationsOf('times');
    expect(conversation).toMatchObject({
      title: 'Boilers',
      created_at: '2024-03-01T10:00:00.000Z',
      last_message_at: '2024-03-01T10:01:00.000Z',
      messages: [
        {
          created_at: '2024-03-01T10:00:00.000Z',
          metadata: { page: 3, tool_messages: [tool], redis: { key: 'times:1', ttl_seconds: 3600 } },
        },
        { created_at: '2024-03-01T10:01:00.000Z', metadata: { search_results: [{ score: 0.5 }] } },
      ],
    });
  });
});

describe.skipIf(!hasRedis)('a second run', () => {
  test('keeps nothing twice, adds what has come since, and leaves deleted conversations deleted', async () => {
    await redis.pipe([
      ['RPUSH', 'again:1', ...turns.map((turn) => JSON.stringify({ ...turn, user: 'x' }))],
      ['SET', 'again:2', JSON.stringify({ user_id: 'again', messages: turns })],
    ]);
    const layouts = mapping.parse({ layouts: [{ match: 'again:*', user: 'user' }] });
    const mine = { layoutFor: (key: string) => withUser(layoutFor(layouts)(key), 'again') };
    expect((await migrate('again:*', mine)).report).toMatchObject({
      sessions: { created: 2 },
      due: 4,
      kept: 4,
    });
    expect((await migrate('again:*', mine)).report).toMatchObject({
      sessions: { created: 0, unchanged: 2 },
      kept: 4,
    });
    await redis.run('RPUSH', 'again:1', JSON.stringify({ role: 'user', content: 'And the stairs?' }));
    await redis.run('LTRIM', 'again:1', '1', '-1');
    expect((await migrate('again:*', mine)).report).toMatchObject({
      sessions: { created: 0, extended: 1, unchanged: 1 },
      // Of the list that was cut the two that are left.
      messages: 4,
      due: 4,
      kept: 4,
    });
    const all = await conversationsOf('again');
    expect(all.map(wordsOf)).toContainEqual([...expected, 'user: And the stairs?']);
    const person = await signIn('again');
    for (const { id } of all) await person.json('DELETE', `/conversations/${id}`);
    expect((await migrate('again:*', mine)).report).toMatchObject({
      sessions: { created: 0, extended: 0, unchanged: 0, deleted: 2 },
      messages: 4,
      due: 0,
      kept: 0,
    });
    expect(await conversationsOf('again')).toEqual([]);
  });
});

function withUser<Layout extends object>(layout: Layout | null, user: string) {
  return layout === null ? null : { ...layout, user };
}

describe.skipIf(!hasRedis)('a mapping', () => {
  test('describes keys of a layout of its own, and keys to leave out', async () => {
    const rows = [
      { who: 'kunde', text: 'Wo ist der Kessel?', wann: 1_700_000_000 },
      { who: 'hilfe', text: 'Im Keller 7B.', wann: 1_700_000_060 },
    ];
    await redis.pipe([
      ['SET', 'app:prod:mapped:talk:1', JSON.stringify({ inner: { log: rows }, betreff: 'Kessel' })],
      ['SET', 'app:prod:mapped:other:1', JSON.stringify({ messages: turns })],
    ]);
    const layouts = mapping.parse({
      layouts: [
        { match: 'app:*:other:*', skip: true },
        {
          match: 'app:prod:{user}:talk:*',
          messages: 'inner.log',
          title: 'betreff',
          role: 'who',
          content: 'text',
          time: 'wann',
          roles: { kunde: 'user', hilfe: 'assistant' },
        },
      ],
    });
    const { report, reports } = await migrate('app:*', { layoutFor: layoutFor(layouts) });
    expect(report).toMatchObject({ sessions: { created: 1, skipped: 1 } });
    expect(reports).toContainEqual({
      key: 'app:prod:mapped:other:1',
      outcome: 'skipped',
      messages: 0,
      reason: 'left out by the mapping',
    });
    const [conversation] = await conversationsOf('mapped');
    expect(conversation && wordsOf(conversation)).toEqual([
      'user: Wo ist der Kessel?',
      'assistant: Im Keller 7B.',
    ]);
  });
});

describe.skipIf(!hasRedis)('what is no session', () => {
  test('is skipped with its reason, and pickled data is never read', async () => {
    const pickles: Record<string, Buffer> = {
      '0': Buffer.from("(dp0\nVmessages\np1\n(lp2\nV{'role': 'user'}\np3\nas."),
      '1': Buffer.from('}q\u0000X\u0001\u0000\u0000\u0000aq\u0001K\u0001s.', 'latin1'),
      '2': Buffer.from([0x80, 0x02, 0x7d, 0x71, 0x00, 0x2e]),
      '4': Buffer.from([0x80, 0x04, 0x95, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0x2e]),
      class: Buffer.from('cposix\nsystem\n(Vtrue\ntR.'),
    };
    await redis.pipe([
      ['SET', 'odd:counter', '17'],
      ...Object.entries(pickles).map(([name, bytes]) => ['SET', `odd:pickle:${name}`, bytes]),
      ['SET', 'odd:empty', JSON.stringify({ messages: [] })],
      [
        'SET',
        'odd:nul',
        JSON.stringify({ user_id: 'nul', messages: [{ role: 'user', content: 'a\u0000b\ud800' }] }),
      ],
      ['SADD', 'odd:set', 'a'],
    ]);
    const { report, reports } = await migrate('odd:*');
    expect(report).toMatchObject({ keys: 9, sessions: { created: 1, skipped: 8, failed: 0 } });
    const reasons = Object.fromEntries(reports.map(({ key, reason }) => [key, reason]));
    const pickled = 'pickled Python, which is never read here: reading it would run what it holds';
    expect(reasons).toMatchObject({
      ...Object.fromEntries(Object.keys(pickles).map((name) => [`odd:pickle:${name}`, pickled])),
      'odd:empty': 'no messages',
      'odd:set': 'a set',
    });
    expect((await conversationsOf('nul'))[0]?.messages[0]?.content).toBe('ab\ufffd');
  });
});

describe.skipIf(!hasRedis)('the command', () => {
  test('says what is there, keeps it, reports each key, and never writes to the store', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'alcove-migrate-'));
    const own = await startTestApp();
    await own.stop();
    const sessions = isFullRun ? 300 : 40;
    try {
      await redis.pipe(
        Array.from({ length: sessions }, (_, n) => [
          'SET',
          `cli:${n}`,
          JSON.stringify({ user_id: `person${n % 20}@example.org`, messages: turns }),
        ]),
      );
      await redis.run('CONFIG', 'RESETSTAT');
      const args = ['migrate-redis', '--url', redis.url, '--pattern', 'cli:*'];
      const dry = await runCli([...args, '--dry-run'], own.env);
      expect(dry).toMatchObject({
        code: 0,
        stdout: expect.stringContaining(`${sessions} sessions of 20 people with ${2 * sessions} messages`),
      });
      const file = join(folder, 'report.jsonl');
      const done = await runCli([...args, '--report', file], own.env);
      expect(done).toMatchObject({
        code: 0,
        stdout: expect.stringContaining(`${sessions} conversations made`),
      });
      expect(done.stdout).toContain(`${2 * sessions} messages`);
      expect((await readFile(file, 'utf8')).trim().split('\n')).toHaveLength(sessions);
      const again = await runCli(args, own.env);
      expect(again.stdout).toContain(`0 conversations made, 0 continued, ${sessions} there already`);
      const used = (await redis.run('INFO', 'commandstats')).match(/^cmdstat_[^:]+/gm) ?? [];
      const reading = /^cmdstat_(scan|type|get|pttl|dbsize|info|config|client|hello|ping)/;
      expect(used.filter((command) => !reading.test(command))).toEqual([]);
      const bad = join(folder, 'bad.json');
      await writeFile(bad, '{ "layouts": [{ "macth": "x" }] }');
      const refused = await runCli([...args, '--map', bad], own.env);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain('macth');
      const unwritable = [join(folder, 'nowhere', 'report.jsonl'), '/dev/full'];
      for (const [at, sentence] of [/no such file/, /no space left/].entries()) {
        const { code, stderr } = await runCli([...args, '--report', unwritable[at] ?? ''], own.env);
        expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(sentence) as string });
        expect(stderr.trim().split('\n')).toHaveLength(1);
      }
      const nowhere = await runCli(['migrate-redis', '--url', 'redis://127.0.0.1:1'], own.env);
      expect(nowhere).toMatchObject({ code: 1, stderr: expect.stringContaining('Redis cannot be read at') });
      const away = { ...own.env, DATABASE_URL: 'postgres://nobody@127.0.0.1:1/alcove' };
      expect(await runCli(args, away, 60_000)).toMatchObject({ code: 1, stderr: expect.stringMatching(/./) });
    } finally {
      await own.close();
      await rm(folder, { recursive: true, force: true });
    }
  }, 120_000);
});

describe.skipIf(!hasRedis)('a command that is killed', () => {
  /** More by setting: a hundred thousand take minutes. */
  const keys = Number(process.env['ALCOVE_REDIS_KEYS'] ?? (isFullRun ? 400 : 100));

  test(`goes on where it was: ${keys} keys`, async () => {
    const own = await startTestApp();
    await own.stop();
    try {
      await redis.pipe(
        Array.from({ length: keys }, (_, n) => [
          'SET',
          `many:${n}`,
          JSON.stringify({
            user_id: `u${n % 7}`,
            messages: [...turns, { role: 'user', content: `And ${n}?` }],
          }),
        ]),
      );
      const args = ['migrate-redis', '--url', redis.url, '--pattern', 'many:*'];
      await killAtFirstLine(args, own.env);
      const started = performance.now();
      const { stdout, code } = await runCli(args, own.env, 3_500_000);
      expect({ code, stdout }).toMatchObject({ code: 0 });
      const [made = 0, continued = 0, there = 0] = (
        /(\d+) conversations made, (\d+) continued, (\d+) there/.exec(stdout)?.slice(1) ?? []
      ).map(Number);
      expect({ all: made + there, continued }).toEqual({ all: keys, continued: 0 });
      expect(stdout).toContain(`; ${keys * 3} of ${keys * 3} messages are here`);
      const seconds = Math.round((performance.now() - started) / 100) / 10;
      process.stdout.write(`${made} of ${keys} keys kept in ${seconds} s, its start with them\n`);
    } finally {
      await own.close();
    }
  }, 3_600_000);
});

/** Kills the command once it has reported a key. */
async function killAtFirstLine(args: string[], env: Record<string, string>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'alcove-migrate-'));
  const report = join(folder, 'report.jsonl');
  const child = spawn(process.execPath, [...childFlags, 'src/cli/main.ts', ...args, '--report', report], {
    env: { ...childEnvironment(), ...env },
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  while (child.exitCode === null && (await readFile(report, 'utf8').catch(() => '')) === '') await pause(20);
  child.kill('SIGKILL');
  await ended;
  await rm(folder, { recursive: true, force: true });
}

test.runIf(databaseKind === 'postgres')('Redis is there where PostgreSQL is tested', () => {
  expect(hasRedis).toBe(true);
});
