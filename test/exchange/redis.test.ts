import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createClient } from '@redis/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { childEnvironment, childFlags } from '../support/child-environment.ts';
import { runCli } from '../support/run-cli.ts';

const hasRedis = await promisify(execFile)('redis-server', ['--version']).then(
  () => true,
  () => false,
);
/** As many as the time for a test allows; ALCOVE_REDIS_KEYS sets more. */
const manyKeys = Number(process.env['ALCOVE_REDIS_KEYS'] ?? 400);

describe.skipIf(!hasRedis)('sessions in Redis', () => {
  let folder: string;
  let redis: ChildProcess;
  let url: string;
  let client: ReturnType<typeof createClient>;
  let app: TestApp;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alcove-redis-'));
    const port = await freePort();
    redis = spawn('redis-server', [
      '--port',
      String(port),
      '--dir',
      folder,
      '--save',
      '',
      '--bind',
      '127.0.0.1',
    ]);
    url = `redis://127.0.0.1:${port}`;
    client = createClient({ url });
    client.on('error', () => {});
    for (let tries = 0; !client.isReady; tries += 1) {
      await client.connect().catch(async (error: Error) => {
        if (tries > 100) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      });
    }
    app = await startTestApp();
    // The embedded database serves one process: the command has it for itself.
    await app.stop();
  }, 60_000);

  afterAll(async () => {
    client?.destroy();
    redis?.kill();
    await app?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Kills the command in the middle of its work, where it is not done before. */
  async function cutOff(args: string[], afterMs: number): Promise<void> {
    const env = { ...childEnvironment(), ...app.env };
    const child = spawn(process.execPath, [...childFlags, 'src/cli/main.ts', ...args], {
      env,
      stdio: 'ignore',
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), afterMs);
    await once(child, 'exit');
    clearTimeout(timer);
  }

  async function migrate(...args: string[]) {
    const report = join(folder, `${crypto.randomUUID()}.jsonl`);
    const ended = await runCli(['migrate-redis', '--url', url, '--report', report, ...args], app.env);
    const lines = (await readFile(report, 'utf8').catch(() => '')).split('\n').filter(Boolean);
    const keys = lines.map(
      (line) =>
        JSON.parse(line) as {
          key: string;
          outcome: string;
          messages: number;
          reason: string | null;
          user: string | null;
        },
    );
    return { ...ended, keys: new Map(keys.map((one) => [one.key, one])) };
  }

  test('of many layouts become conversations, once, and Redis stays as it was', async () => {
    const human = (content: string) => JSON.stringify({ type: 'human', data: { content } });
    const ai = (content: string) => JSON.stringify({ type: 'ai', data: { content } });
    // LangChain pushes to the head.
    await client.lPush('message_store:s1', human('First'));
    await client.lPush('message_store:s1', ai('Second'));
    await client.rPush('llama:s2', [
      JSON.stringify({ role: 'user', content: 'Asked' }),
      JSON.stringify({ role: 'assistant', blocks: [{ block_type: 'text', text: 'Told' }] }),
    ]);
    await client.set(
      'sess:abc',
      JSON.stringify({
        cookie: { path: '/' },
        user: { email: 'maria@example.org' },
        messages: [{ role: 'user', content: 'In a session', timestamp: 1_700_000_000 }],
      }),
      { EX: 3600 },
    );
    await client.hSet('chat:9', {
      title: 'x',
      history: JSON.stringify([{ role: 'bot', content: 'Of a hash' }]),
    });
    await client.xAdd('stream:1', '1700000000000-0', { role: 'user', content: 'Of a stream' });
    await client.set('session:flask', Buffer.from([0x80, 0x04, 0x95]).toString('latin1'));
    await client.set('counter', '42');
    await client.sAdd('a set', 'x');
    await client.hSet('own:maria@example.org:7', {
      log: JSON.stringify([{ who: 'kunde', text: 'Own layout', ts: 1 }]),
    });
    const map = join(folder, 'map.json');
    await writeFile(
      map,
      JSON.stringify([
        {
          pattern: 'own:{user}:{session}',
          messages: 'log',
          role: 'who',
          content: 'text',
          time: 'ts',
          roles: { kunde: 'user' },
        },
      ]),
    );
    const before = await client.sendCommand(['DEBUG', 'DIGEST']).catch(() => null);
    const dry = await migrate('--map', map, '--user', 'all@example.org', '--dry-run');
    expect(dry.stdout, dry.stderr).toContain('6 keys would become conversations with 8 messages');
    const first = await migrate('--map', map, '--user', 'all@example.org');
    expect(first.stdout, first.stderr).toContain(
      '6 keys became conversations with 8 messages, 0 were migrated before, 3 were skipped',
    );
    expect(first.keys.get('sess:abc')).toMatchObject({ outcome: 'migrated', user: 'maria@example.org' });
    expect(first.keys.get('own:maria@example.org:7')).toMatchObject({
      outcome: 'migrated',
      user: 'maria@example.org',
    });
    for (const key of ['session:flask', 'counter', 'a set'])
      expect(first.keys.get(key)?.reason).toMatch(/\.$/);
    const second = await migrate('--map', map, '--user', 'all@example.org');
    expect(second.stdout).toContain(
      '0 keys became conversations with 0 messages, 6 were migrated before, 3 were skipped',
    );
    expect(await client.sendCommand(['DEBUG', 'DIGEST']).catch(() => null)).toEqual(before);
    const server = await startTestApp({ like: app });
    try {
      const { rows } = await server.app.db.pool.query(
        `SELECT m.content, m.metadata FROM messages m JOIN conversations c ON c.user_id = m.user_id AND c.id = m.conversation_id
         ORDER BY c.title, m.seq`,
      );
      const texts = rows.map(({ content }: { content: string }) => content);
      expect(texts.indexOf('First')).toBe(texts.indexOf('Second') - 1);
      const session = rows.find(({ content }: { content: string }) => content === 'In a session');
      expect(session.metadata.redis.expires_at).toMatch(/^20/);
    } finally {
      await server.stop();
    }
  }, 300_000);

  test(`${manyKeys} of them are counted as they are, also after the command was killed`, async () => {
    for (let at = 0; at < manyKeys; at += 1_000) {
      const some = Array.from({ length: Math.min(1_000, manyKeys - at) }, (_, n) => at + n);
      await client.mSet(
        some.map((n): [string, string] => [
          `many:${n}`,
          JSON.stringify({
            user_id: `u${n % 7}`,
            messages: [
              { role: 'user', content: `Question ${n}` },
              { role: 'assistant', content: 'Yes' },
            ],
          }),
        ]),
      );
    }
    const started = performance.now();
    await cutOff(['migrate-redis', '--url', url, '--pattern', 'many:*'], 3_000);
    const { stdout, stderr } = await migrate('--pattern', 'many:*');
    const [migrated = 0, messages = 0, kept = 0] = (stdout.match(/\d+/g) ?? []).map(Number);
    expect(migrated + kept, `${stdout} ${stderr}`).toBe(manyKeys);
    expect(messages).toBe(migrated * 2);
    const seconds = (performance.now() - started) / 1000;
    process.stdout.write(`${manyKeys} keys in ${seconds.toFixed(1)} s, two starts of the command with it\n`);
  }, 3_600_000);
});

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
