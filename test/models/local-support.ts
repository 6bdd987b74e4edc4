import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { ModelConfig, Models } from '../../src/models/model.ts';
import { connectModels } from '../../src/models/registry.ts';

export const packageName = '@huggingface/transformers';

/**
 * The folder `node_modules` with the real package, or null: it is optional and large, so that these tests say that they
 * were skipped. `ALCOVE_TEST_LOCAL_RUNTIME` names a folder in which it was installed.
 */
export function findRealRuntime(): string | null {
  for (const from of [process.env['ALCOVE_TEST_LOCAL_RUNTIME'], process.cwd()]) {
    try {
      const file = createRequire(join(from ?? '', 'package.json')).resolve(packageName);
      return file.slice(0, file.lastIndexOf('node_modules') + 'node_modules'.length);
    } catch {
      // Not there: the tests that need it are skipped.
    }
  }
  return null;
}

const made: string[] = [];
afterAll(() => Promise.all(made.map((folder) => rm(folder, { recursive: true, force: true }))));

/** A new folder for models, removed at the end of the test file. */
export async function modelsFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'alcove-models-'));
  made.push(folder);
  return folder;
}

export async function linkRuntime(folder: string, nodeModules: string): Promise<void> {
  await symlink(nodeModules, join(folder, 'node_modules'));
}

/** A package in the place of the real one, whose code is given. */
export async function installStandIn(folder: string, code: string): Promise<void> {
  const at = join(folder, 'node_modules', packageName);
  await mkdir(at, { recursive: true });
  await writeFile(
    join(at, 'package.json'),
    JSON.stringify({ name: packageName, version: '0.0.0', type: 'module', exports: './index.js' }),
  );
  await writeFile(join(at, 'index.js'), code);
}

export interface Connected extends Models {
  /** What was told to the log. */
  reports: string[];
  stop(): void;
}

export async function connectLocal(config: ModelConfig): Promise<Connected> {
  const stopper = new AbortController();
  const reports: string[] = [];
  afterAll(() => stopper.abort());
  const report = (sentence: string): void => void reports.push(sentence);
  const models = await connectModels({ ollama: 'off', report, ...config }, stopper.signal);
  return Object.assign(models, { reports, stop: () => stopper.abort() });
}

/** Serves the folder's models as the hub does: `/owner/name/resolve/main/file`. */
export async function startHub(folder: string): Promise<{ url: string; paths: string[] }> {
  const paths: string[] = [];
  const server: Server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '').replace('/resolve/main/', '/');
    if (request.method === 'GET') paths.push(path);
    readFile(join(folder, path)).then(
      (bytes) => response.writeHead(200, { 'content-length': bytes.length }).end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, paths };
}
