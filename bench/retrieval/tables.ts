import type { Peer } from '../peers/peer.ts';
import { round, type Table } from '../report.ts';
import type { Usage } from '../server/child.ts';
import type { LoadCost } from './load.ts';

/** What it costs to hold the chunks. */
export async function costTable(
  costs: readonly LoadCost[],
  peers: readonly Peer[],
  server: { idle: Usage; used: Usage },
): Promise<Table> {
  const rows: Table['rows'] = [];
  for (const cost of costs) {
    const peer = peers.find(({ name }) => name === cost.name);
    const rss = peer === undefined ? server.used.rssBytes : await peer.rssBytes?.();
    rows.push({
      what: cost.name,
      chunks: cost.chunks,
      chunks_per_s: round((cost.chunks * 1000) / (cost.addMs + cost.finishMs)),
      's of that at the end': round(cost.finishMs / 1000),
      disk_bytes_per_chunk: Math.round(cost.diskBytes / cost.chunks),
      process_rss_mb: rss === undefined ? null : Math.round(rss / 2 ** 20),
    });
  }
  const grown = Math.round((server.used.rssBytes - server.idle.rssBytes) / 2 ** 20);
  return {
    title: 'loading and room',
    rows,
    notes: [
      `Alcove's time includes making its keyword and vector segments; its server grew by ${grown} MB while it answered.`,
      'Memory is told for what has a process of its own beside PostgreSQL.',
      ...costs.map((cost) => `${cost.name}: ${cost.about}`),
    ],
  };
}

export function notRunTable(notRun: readonly { name: string; reason: string }[]): Table[] {
  return notRun.length === 0
    ? []
    : [{ title: 'not run', rows: notRun.map(({ name, reason }) => ({ what: name, reason })) }];
}
