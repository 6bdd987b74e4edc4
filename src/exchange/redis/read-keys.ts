import type { RedisClientType } from '@redis/client';

/** What a key holds, as Redis has it. */
export type KeyContent =
  | { kind: 'string'; text: string }
  | { kind: 'hash'; fields: Record<string, string> }
  | { kind: 'list'; items: string[] }
  | { kind: 'stream'; entries: { at: Date; fields: Record<string, string> }[] };

export interface RedisKey {
  key: string;
  /** Null: it does not expire. */
  expiresAt: Date | null;
  /** Null for a type that holds no conversation, such as a set. */
  content: KeyContent | null;
  type: string;
}

/** Everything that is ever sent: Redis is read, never written to. */
const reading = new Set(['SCAN', 'TYPE', 'PTTL', 'GET', 'HGETALL', 'LRANGE', 'XRANGE', 'DBSIZE']);
const scanned = 500;
/** A list or a stream of this length is read to here; nobody has said more in one session. */
const mostItems = 50_000;

export interface RedisReader {
  size(): Promise<number>;
  /** Pages of keys with what they hold; a key may come twice when Redis grows meanwhile. */
  keys(pattern: string): AsyncGenerator<RedisKey[]>;
  close(): Promise<void>;
}

/** @throws Error that names the address, without its password */
export async function openRedis(url: string): Promise<RedisReader> {
  // Loaded for this command alone.
  const { createClient } = await import('@redis/client');
  const client: RedisClientType = createClient({
    url,
    socket: { connectTimeout: 10_000, reconnectStrategy: false },
  });
  client.on('error', () => {});
  await client.connect().catch((cause: Error) => {
    throw new Error(`Redis at ${new URL(url).host} cannot be reached: ${cause.message}`, { cause });
  });

  async function send<T>(...command: [string, ...string[]]): Promise<T> {
    if (!reading.has(command[0])) throw new Error(`${command[0]} is not a command that reads`);
    return (await client.sendCommand(command)) as T;
  }

  async function read(key: string): Promise<RedisKey> {
    const [type, ttl] = await Promise.all([send<string>('TYPE', key), send<number>('PTTL', key)]);
    const expiresAt = ttl > 0 ? new Date(Date.now() + ttl) : null;
    return { key, type, expiresAt, content: await contentOf(type, key) };
  }

  async function contentOf(type: string, key: string): Promise<KeyContent | null> {
    if (type === 'string') return { kind: 'string', text: (await send<string | null>('GET', key)) ?? '' };
    if (type === 'hash') return { kind: 'hash', fields: pairsOf(await send<string[]>('HGETALL', key)) };
    if (type === 'list') {
      return { kind: 'list', items: await send<string[]>('LRANGE', key, '0', String(mostItems - 1)) };
    }
    if (type !== 'stream') return null;
    const entries = await send<[string, string[]][]>('XRANGE', key, '-', '+', 'COUNT', String(mostItems));
    return {
      kind: 'stream',
      entries: entries.map(([id, fields]) => ({
        at: new Date(Number(id.split('-')[0])),
        fields: pairsOf(fields),
      })),
    };
  }

  return {
    size: () => send<number>('DBSIZE'),
    async *keys(pattern) {
      let cursor = '0';
      do {
        const [next, keys] = await send<[string, string[]]>(
          'SCAN',
          cursor,
          'MATCH',
          pattern,
          'COUNT',
          String(scanned),
        );
        cursor = next;
        if (keys.length > 0) yield await Promise.all(keys.map(read));
      } while (cursor !== '0');
    },
    close: async () => client.destroy(),
  };
}

function pairsOf(flat: readonly string[] | Record<string, string>): Record<string, string> {
  if (!Array.isArray(flat)) return { ...(flat as Record<string, string>) };
  return Object.fromEntries(flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1] ?? '']] : [])));
}
