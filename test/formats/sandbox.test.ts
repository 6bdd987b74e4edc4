import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { createSandbox, defaultSandboxLimits, type SandboxLimits } from '../../src/formats/sandbox.ts';

const limits: SandboxLimits = { ...defaultSandboxLimits, timeoutMs: 20_000, stallMs: 800 };

function run(how: string, changed: Partial<SandboxLimits> = {}, signal?: AbortSignal): Promise<void> {
  const script = new URL('./fixtures/misbehave.ts', import.meta.url);
  return createSandbox({ ...limits, ...changed }).run({
    script,
    header: { how },
    body: [],
    signal,
    onFrame: () => {},
  });
}

describe('the sandbox', () => {
  it('lets nothing out: no file, no program, no connection, no environment', async () => {
    const connections: unknown[] = [];
    const server = createServer((socket) => connections.push(socket.destroy())).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const path = join(tmpdir(), `alcove-escape-${process.pid}`);
    const { port } = server.address() as AddressInfo;
    const sandbox = createSandbox(limits);
    const reports: Record<string, unknown>[] = [];
    await sandbox.run({
      script: new URL('./fixtures/escape.ts', import.meta.url),
      header: { port, path },
      body: [new Uint8Array(3_000_000), new Uint8Array(5)],
      onFrame: ({ header }) => reports.push(header),
    });
    server.close();
    const hasNetworkOfItsOwn = (await sandbox.describe()).includes('unshare');
    expect(reports).toEqual([
      { type: 'report', escaped: hasNetworkOfItsOwn ? [] : ['connect'], received: 3_000_005 },
    ]);
    if (hasNetworkOfItsOwn) expect(connections).toEqual([]);
    expect(existsSync(path)).toBe(false);
  });

  it.each(['spin', 'fill memory', 'fill heap', 'talk'])(
    'ends a child that would %s, with a reason',
    async (how) => {
      await expect(run(how, { outputBytes: 20_000_000 })).rejects.toMatchObject({
        code: 'document_too_complex',
      });
    },
  );

  it('ends a child that only waits, by the wall clock', async () => {
    await expect(run('sleep', { timeoutMs: 1_500 })).rejects.toMatchObject({
      code: 'document_too_complex',
      message: expect.stringContaining('2 seconds') as string,
    });
  });

  it.each(['throw', 'crash', 'forget'])(
    'turns a parser that would %s into an error of the document',
    async (how) => {
      await expect(run(how)).rejects.toMatchObject({ code: 'document_malformed' });
    },
  );

  it('ends the child when the caller gives up', async () => {
    const reason = new Error('cancelled');
    const abort = new AbortController();
    const script = new URL('./fixtures/misbehave.ts', import.meta.url);
    const running = createSandbox(limits).run({
      script,
      header: { how: 'sleep' },
      body: [],
      signal: abort.signal,
      onFrame: () => abort.abort(reason),
    });
    await expect(running).rejects.toBe(reason);
    expect(childrenOf(process.pid)).toEqual([]);
  });

  it('runs no more children at a time than it is wide', async () => {
    const sandbox = createSandbox(limits, 1);
    let inside = 0;
    let most = 0;
    const script = new URL('./fixtures/misbehave.ts', import.meta.url);
    const job = async () => {
      await sandbox
        .run({ script, header: { how: 'throw' }, body: [], onFrame: () => (most = Math.max(most, ++inside)) })
        .catch(() => inside--);
    };
    await Promise.all([job(), job(), job()]);
    expect(most).toBe(1);
  });

  it.each(['spin', 'sleep'])(
    'leaves no child behind when the server is killed while it would %s',
    async (how) => {
      const script = fileURLToPath(new URL('./fixtures/parent.ts', import.meta.url));
      const server = spawn(process.execPath, [script, how], { stdio: ['ignore', 'pipe', 'inherit'] });
      await once(server.stdout, 'data');
      const children = childrenOf(server.pid as number);
      expect(children.length).toBe(1);
      server.kill('SIGKILL');
      await vi.waitFor(() => expect(children.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]), {
        timeout: 10_000,
      });
    },
  );
});

/** Children of a process that run a script of the sandbox. */
function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
        const isChild = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent;
        return isChild && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('fixtures/');
      } catch {
        // Gone in the meantime.
        return false;
      }
    })
    .map(Number);
}
