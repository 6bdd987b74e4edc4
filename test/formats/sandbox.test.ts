import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { prepareDocument } from '../../src/documents/prepare.ts';
import { createSandbox, defaultSandboxLimits, type SandboxLimits } from '../../src/formats/sandbox.ts';
import { sandboxRemedy, sandboxWeakness } from '../../src/formats/sandbox-weaknesses.ts';

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

async function* text(content: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(content);
}

describe('the sandbox', () => {
  it('lets nothing out: no file, no program, no connection, no signal, no environment', async () => {
    const connections: unknown[] = [];
    const listen = async (where: number | string) => {
      const server = createServer((one) => connections.push(one.destroy()));
      server.listen(typeof where === 'string' ? { path: where } : { port: where, host: '127.0.0.1' });
      await once(server, 'listening');
      return server;
    };
    const folder = await mkdtemp(join(tmpdir(), 'alcove-escape-'));
    const [path, socket] = [join(folder, 'file'), join(folder, 'socket')];
    const [byAddress, byPath] = [await listen(0), await listen(socket)];
    const { port } = byAddress.address() as AddressInfo;
    const signals = countSignals();
    const reports: Record<string, unknown>[] = [];
    await createSandbox(limits).run({
      script: new URL('./fixtures/escape.ts', import.meta.url),
      header: { port, path, socket, pid: process.pid },
      body: [new Uint8Array(3_000_000), new Uint8Array(5)],
      onFrame: ({ header }) => reports.push(header),
    });
    byAddress.close();
    byPath.close();
    expect(reports).toEqual([{ type: 'report', escaped: [], received: 3_000_005 }]);
    expect(connections).toEqual([]);
    expect(signals()).toBe(0);
    expect(existsSync(path)).toBe(false);
    await rm(folder, { recursive: true });
  });

  it('gives a child its script compiled, and no way to leave code to the next', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'alcove-code-'));
    const sandbox = createSandbox(limits, 1, async () => folder);
    const reports: unknown[] = [];
    const job = () =>
      sandbox.run({
        script: new URL('./fixtures/leave-code.ts', import.meta.url),
        header: { folder },
        body: [],
        onFrame: ({ header }) => reports.push(header['code']),
      });
    await job();
    await job();
    if (!(await sandbox.describe()).includes('prlimit')) return;
    await vi.waitFor(
      async () => {
        await job();
        expect(reports.at(-1)).toBe(folder);
      },
      { timeout: 40_000, interval: 200 },
    );
    expect(reports.slice(0, 2)).toEqual([null, null]);
    expect(readdirSync(folder, { recursive: true }).filter((name) => String(name).includes('left'))).toEqual(
      [],
    );
    await rm(folder, { recursive: true });
  });

  it('keeps the signals of a child that kept the means to send them', async () => {
    const sandbox = createSandbox(limits);
    const hasProcessesOfItsOwn = (await sandbox.describe()).includes('processes');
    const signals = countSignals();
    const reports: unknown[] = [];
    const running = sandbox.run({
      script: new URL('./fixtures/signal.ts', import.meta.url),
      // Signal 15 to a number that nobody has is as good where the system gives no name space.
      header: { pid: hasProcessesOfItsOwn ? process.pid : 2 ** 30 },
      body: [],
      onFrame: ({ header }) => reports.push(header['reached']),
    });
    await expect(running).rejects.toThrow('The document');
    expect(reports).toEqual([false]);
    expect(signals()).toBe(0);
  });

  it('says what it lacks where the system gives less', () => {
    expect(sandboxWeakness(['prlimit', 'unshare', 'setpriv', 'processes'])).toBe(null);
    expect(sandboxWeakness(['prlimit', 'setpriv'])).toMatch(/without unshare .*network; .*signals$/);
    expect(sandboxWeakness([], 'darwin')).toMatch(/memory.*network/);
    expect(sandboxRemedy('darwin')).not.toMatch(/util-linux/);
  });

  it('reads documents where the system has none of its programs', async () => {
    const sandbox = createSandbox(limits, 1, undefined, []);
    expect(await sandbox.describe()).toEqual([]);
    const source = { mediaType: 'text/plain', fileName: 'a.txt', open: async () => text('Herons nest.') };
    expect((await prepareDocument(source, { sandbox })).text).toContain('Herons nest.');
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
      await vi.waitFor(() => expect(children.filter(isRunning)).toEqual([]), {
        timeout: 10_000,
      });
    },
  );
});

/** Keeps signals from ending this process for the rest of the test. @returns how many came */
function countSignals(): () => number {
  let count = 0;
  const listener = () => (count += 1);
  process.on('SIGTERM', listener);
  onTestFinished(() => void process.off('SIGTERM', listener));
  return () => count;
}

/** Whether it does anything yet: whom nobody has asked about since its end is still in the list of processes. */
function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return !stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
  } catch {
    return false;
  }
}

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
