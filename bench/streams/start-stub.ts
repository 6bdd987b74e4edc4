import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A model server in a process of its own; its answers have so many tokens, but for short ones. */
export async function startStub(
  eventsPerSecond: number,
  tokens: number,
): Promise<{ url: string; child: ChildProcess }> {
  const child = fork(fileURLToPath(new URL('./stub.ts', import.meta.url)), [
    String(eventsPerSecond),
    String(Math.round(tokens)),
  ]);
  const [message] = (await once(child, 'message')) as [{ port: number }];
  return { url: `http://127.0.0.1:${message.port}`, child };
}
