import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { folderBytes } from './folder-bytes.ts';
import { loadPeer, versionOf } from './install.ts';
import { numbered, type PeerKind } from './peer.ts';

interface Collection {
  add(rows: { ids: string[]; embeddings: number[][]; documents: string[] }): Promise<void>;
  query(query: {
    queryEmbeddings: number[][];
    nResults: number;
    include: string[];
  }): Promise<{ ids: string[][] }>;
}
interface Client {
  version(): Promise<string>;
  createCollection(options: object): Promise<Collection>;
}

const bindings = 'chromadb-js-bindings-linux-x64-gnu';
const rowsAtOnce = 1000;
const startTries = 100;

/** Its server beside us and a collection for each conversation, which is how it keeps things apart. */
export const chroma: PeerKind = {
  name: 'Chroma',
  async open({ folder }) {
    const { ChromaClient } = await loadPeer<{ ChromaClient: new (options: object) => Client }>('chromadb');
    const path = join(folder, 'chroma');
    const port = await freePort();
    const server = startServer(path, port);
    const client = new ChromaClient({ host: '127.0.0.1', port });
    const version = await waitFor(client, server);
    const collections = new Map<number, Collection>();
    return {
      name: 'Chroma',
      about: `chromadb ${versionOf('chromadb')} with server ${version} (${bindings} ${versionOf(bindings)}), a collection each, HNSW`,
      holdsMeasuredOnly: true,
      async add(conversation) {
        const name = `conversation-${conversation.place}`;
        const collection = await client.createCollection({
          name,
          embeddingFunction: null,
          configuration: { hnsw: { space: 'cosine' } },
        });
        collections.set(conversation.place, collection);
        const rows = [...numbered(conversation)];
        for (let at = 0; at < rows.length; at += rowsAtOnce) {
          const part = rows.slice(at, at + rowsAtOnce);
          await collection.add({
            ids: part.map((row) => String(row.number)),
            embeddings: part.map((row) => [...row.vector]),
            documents: part.map((row) => row.text),
          });
        }
      },
      finish: async () => {},
      async nearest(conversation, vector, k) {
        const found = await collections
          .get(conversation.place)!
          .query({ queryEmbeddings: [[...vector]], nResults: k, include: [] });
        return (found.ids[0] ?? []).map(Number);
      },
      diskBytes: () => folderBytes(path),
      rssBytes: async () =>
        Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${server.pid}/status`, 'utf8'))?.[1]) * 1024,
      close: async () => void server.kill('SIGKILL'),
    };
  },
};

function startServer(path: string, port: number): ChildProcess {
  const script = `require(${JSON.stringify(bindings)}).cli(['chroma', 'run', '--path', ${JSON.stringify(path)}, '--host', '127.0.0.1', '--port', '${port}'])`;
  return spawn(process.execPath, ['-e', script], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    stdio: 'ignore',
  });
}

async function waitFor(client: Client, server: ChildProcess): Promise<string> {
  for (let attempt = 0; attempt < startTries; attempt += 1) {
    if (server.exitCode !== null)
      throw new Error(`its server ended with code ${server.exitCode}: the native binding does not load here`);
    try {
      return await client.version();
    } catch {
      // Not listening yet.
      await sleep(100);
    }
  }
  server.kill('SIGKILL');
  throw new Error('its server did not start within 10 s');
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
