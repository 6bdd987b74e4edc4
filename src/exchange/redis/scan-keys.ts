import { createClient, RESP_TYPES } from '@redis/client';
import type { StoredKey, StoredValue } from './session.ts';

/** Keys that are read at a time. */
const batch = 500;

export interface KeyStore {
  /** How many keys there are in all, matched or not. */
  size(): Promise<number>;
  /** Every key that matches, once, with its value, in batches. */
  read(pattern: string): AsyncGenerator<StoredKey[]>;
  close(): Promise<void>;
}

/** Opens a Redis for reading. @throws Error in one sentence when it cannot be reached */
export async function openRedis(url: string): Promise<KeyStore> {
  const client = createClient({ url, socket: { reconnectStrategy: false, connectTimeout: 10_000 } });
  client.on('error', () => {});
  await client.connect().catch((cause: unknown) => {
    const why = cause instanceof Error && cause.message !== '' ? cause.message : String(cause);
    throw new Error(`Redis cannot be read at ${withoutPassword(url)}: ${why}.`, { cause });
  });
  const bytes = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });

  async function valueOf(key: string): Promise<StoredValue> {
    const type: string = await client.type(key);
    switch (type) {
      case 'string':
        return { type, bytes: (await bytes.get(key)) ?? Buffer.alloc(0) };
      case 'hash':
        return { type, fields: { ...(await client.hGetAll(key)) } };
      case 'list':
        return { type, items: await client.lRange(key, 0, -1) };
      case 'zset':
        return { type, members: await client.zRangeWithScores(key, 0, -1) };
      case 'stream': {
        const entries = (await client.xRange(key, '-', '+')) ?? [];
        return { type, entries: entries.map(({ id, message }) => ({ id, fields: { ...message } })) };
      }
      case 'ReJSON-RL': {
        const text = await client.sendCommand<string>(['JSON.GET', key]);
        return { type: 'json', value: JSON.parse(text) as unknown };
      }
      default:
        return { type: 'other', name: type };
    }
  }

  return {
    size: () => client.dbSize(),
    async *read(pattern) {
      const seen = new Set<string>();
      for await (const keys of client.scanIterator({ MATCH: pattern, COUNT: batch })) {
        // SCAN may name a key twice.
        const fresh = keys.filter((key) => !seen.has(key));
        for (const key of fresh) seen.add(key);
        yield await Promise.all(
          fresh.map(async (key) => {
            const [value, ttl] = await Promise.all([valueOf(key), client.pTTL(key)]);
            return { key, value, ttlMs: ttl < 0 ? null : ttl };
          }),
        );
      }
    },
    close: async () => client.destroy(),
  };
}

function withoutPassword(url: string): string {
  return URL.canParse(url)
    ? Object.assign(new URL(url), { password: '', username: '' }).href
    : 'this address';
}
