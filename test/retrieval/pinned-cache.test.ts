import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Lease, PinnedCache } from '../../src/retrieval/pinned-cache.ts';

describe('a pinned cache', () => {
  test('counts what is cached, held and loaded, shares loads, and evicts nothing that is held', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.uniqueArray(fc.nat(12), { minLength: 1, maxLength: 5 }), fc.nat(3)), {
          maxLength: 40,
        }),
        async (readers) => {
          const held = new Map<string, number>();
          const alive = new Set<string>();
          const max = 60;
          const cache = new PinnedCache<string>(max, (value) => {
            expect(held.get(value) ?? 0).toBe(0);
            alive.delete(value);
          });
          const read = async ([keys, pause]: (typeof readers)[number]): Promise<void> => {
            const wanted = keys.map((key) => ({ key: `${key}`, bytes: 1 + key }));
            const lease: Lease<string> = await cache.lease(wanted);
            for (const { key } of wanted) held.set(key, (held.get(key) ?? 0) + 1);
            for (const key of lease.missing) {
              await new Promise(setImmediate);
              expect(alive.has(key)).toBe(false);
              alive.add(key);
              lease.settle(key, key, 1 + Number(key));
            }
            const values = await lease.values();
            expect(values).toEqual(wanted.map(({ key }) => key));
            for (let turn = 0; turn < pause; turn++) await new Promise(setImmediate);
            expect(cache.bytes).toBeLessThanOrEqual(max);
            for (const { key } of wanted) held.set(key, (held.get(key) ?? 0) - 1);
            lease.release();
          };
          await Promise.all(readers.map(read));
          expect(cache.bytes).toBeLessThanOrEqual(max);
          expect([...alive].reduce((sum, key) => sum + 1 + Number(key), 0)).toBe(cache.bytes);
        },
      ),
      { numRuns: 100, seed: 20_261_121 },
    );
  });

  test('who stops waiting leaves the queue to the others', async () => {
    const cache = new PinnedCache<string>(10);
    const first = await cache.lease([{ key: 'a', bytes: 10 }]);
    first.settle('a', 'a', 10);
    const aborted = new AbortController();
    const second = cache.lease([{ key: 'b', bytes: 9 }], aborted.signal);
    const third = cache.lease([{ key: 'c', bytes: 1 }]);
    aborted.abort(new Error('gone'));
    await expect(second).rejects.toThrow('gone');
    first.release();
    (await third).release();
    expect(cache.tryLease([{ key: 'd', bytes: 10 }])).not.toBeNull();
  });

  test('a failed load fails those who waited for it, and nobody after them', async () => {
    const cache = new PinnedCache<string>(10);
    const [one, two] = [
      await cache.lease([{ key: 'a', bytes: 10 }]),
      await cache.lease([{ key: 'a', bytes: 10 }]),
    ];
    const waiting = two.values();
    one.release(new Error('lost'));
    await expect(waiting).rejects.toThrow('lost');
    two.release();
    expect(cache.bytes).toBe(0);
    const again = await cache.lease([{ key: 'a', bytes: 10 }]);
    expect(again.missing).toEqual(['a']);
  });

  test('who leaves while another loads waits no longer, and the load goes on', async () => {
    const cache = new PinnedCache<string>(10);
    const one = await cache.lease([{ key: 'a', bytes: 10 }]);
    const two = await cache.lease([{ key: 'a', bytes: 10 }]);
    const leaving = new AbortController();
    const waiting = two.values(leaving.signal);
    leaving.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    two.release();
    one.settle('a', 'loaded', 10);
    expect(await one.values()).toEqual(['loaded']);
    one.release();
  });

  test('a load is given up where nobody else waits for it, and whoever comes then loads it anew', async () => {
    const cache = new PinnedCache<string>(20);
    const one = await cache.lease([{ key: 'a', bytes: 10 }]);
    const two = await cache.lease([{ key: 'a', bytes: 10 }]);
    expect(one.giveUp()).toBe(false);
    two.release();
    expect(one.giveUp()).toBe(true);
    const three = await cache.lease([{ key: 'a', bytes: 10 }]);
    expect(three.missing).toEqual(['a']);
    one.release(new Error('gone'));
    three.settle('a', 'loaded', 10);
    expect(await three.values()).toEqual(['loaded']);
    three.release();
    expect(cache.bytes).toBe(10);
    expect((await cache.lease([{ key: 'a', bytes: 10 }])).missing).toEqual([]);
  });

  test('what is dropped is loaded anew by whoever comes later, and goes with its last reader', async () => {
    const gone: string[] = [];
    const cache = new PinnedCache<string>(20, (value) => gone.push(value));
    const one = await cache.lease([{ key: 'a', bytes: 10 }]);
    one.settle('a', 'damaged', 10);
    cache.drop('a', 'another');
    cache.drop('a', 'damaged');
    const two = await cache.lease([{ key: 'a', bytes: 10 }]);
    expect(two.missing).toEqual(['a']);
    two.settle('a', 'sound', 10);
    expect([await one.values(), await two.values()]).toEqual([['damaged'], ['sound']]);
    expect(gone).toEqual([]);
    one.release();
    two.release();
    expect([gone, cache.bytes]).toEqual([['damaged'], 10]);
    cache.drop('a', 'sound');
    expect([gone, cache.bytes]).toEqual([['damaged', 'sound'], 0]);
  });
});
