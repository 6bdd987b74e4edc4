/** A server of its own process for the benchmarks: like `npm start`, but it tells its parent about itself. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { pino } from 'pino';
import { startApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import type { Limits } from '../../src/limits/limits.ts';

export type Ask =
  /** From now on these texts have these vectors, without a provider. */
  | { type: 'embeddings'; vectors: Map<string, Float32Array> }
  | { type: 'usage'; reset: boolean }
  | { type: 'stop' };

export interface Usage {
  rssBytes: number;
  /** The most that was resident so far. */
  peakBytes: number;
  heapBytes: number;
  /** User and system time of the process since it started. */
  cpuMs: number;
  /** How late timers were since the last reset. */
  lagMs: { p50: number; p99: number; max: number };
}

export type Tell = { type: 'listening'; port: number } | { type: 'done' } | { type: 'usage'; usage: Usage };

const config = readConfig();
const limits = JSON.parse(process.argv[2] ?? '{}') as Partial<Limits>;
Object.assign(config.limits, limits);
const app = await startApp(config, pino({ level: 'error' }, process.stderr));
await app.http.listen({ host: '127.0.0.1', port: 0 });
const lag = monitorEventLoopDelay({ resolution: 5 });
lag.enable();

const address = app.http.server.address();
tell({ type: 'listening', port: typeof address === 'object' && address !== null ? address.port : 0 });

process.on('message', (message: Ask) => {
  if (message.type === 'usage') tell({ type: 'usage', usage: readUsage(message.reset) });
  if (message.type === 'embeddings') {
    const { embedding } = app.models;
    if (embedding === null) throw new Error('start the server with EMBEDDING_BASE_URL and EMBEDDING_MODEL');
    Object.assign(embedding, {
      embed: async (texts: string[]) => texts.map((text) => message.vectors.get(text)),
    });
    tell({ type: 'done' });
  }
  if (message.type === 'stop') void stop();
});
process.on('disconnect', () => process.exit(1));

async function stop(): Promise<void> {
  await app.close();
  tell({ type: 'done' });
  process.disconnect();
}

function readUsage(reset: boolean): Usage {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  const lagMs = { p50: lag.percentile(50) / 1e6, p99: lag.percentile(99) / 1e6, max: lag.max / 1e6 };
  if (reset) lag.reset();
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  return { rssBytes: rss, peakBytes, heapBytes: heapUsed, cpuMs: (user + system) / 1000, lagMs };
}

function tell(message: Tell): void {
  process.send?.(message);
}
