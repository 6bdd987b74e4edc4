import { measureList } from './list-during-writes.ts';
import type { BenchOptions } from './options.ts';
import type { Table } from './report.ts';
import { startEmbedded } from './server/embedded.ts';

/** The list of an account with many conversations while others are written to. */
export async function list(options: BenchOptions): Promise<Table[]> {
  const running = await startEmbedded(options.databaseUrl);
  try {
    return [await measureList(running, options)];
  } finally {
    await running.close();
  }
}
