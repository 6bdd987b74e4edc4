import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { entryHead, padding, archiveEnd } from '../../src/backup/tar.ts';
import { newConversation } from '../answers/support/asking.ts';
import { until } from '../answers/support/until.ts';
import { textFile } from '../documents/support/files.ts';
import { documentOf, uploadAndWait } from '../documents/support/uploading.ts';
import { installStandIn, packageName } from '../models/local-support.ts';
import { writeTinyEmbedder, writeTinyReranker } from '../models/local-tiny-model.ts';
import { databaseKind, newPerson, startTestApp } from '../support/app.ts';
import { type Ended, runCli } from '../support/run-cli.ts';

// The command as its users run it, against a mirror that is a real server with models of some kilobytes.

/** Vectors and scores without a runtime of half a gigabyte. */
const standIn = `
export const env = {};
export const LogLevel = { ERROR: 40 };
export const AutoTokenizer = {
  async from_pretrained() {
    return Object.assign((texts) => ({ texts, attention_mask: { dims: [texts.length, 1], data: texts.map(() => 1n) } }), { model_max_length: 512 });
  },
};
const run = (field, size) => ({
  async from_pretrained() {
    const call = async ({ texts }) => ({ [field]: { dims: [texts.length, ...size], data: Float32Array.from(texts.flatMap((text) => size.length === 1 ? [text.length] : [text.length, 1])) } });
    return Object.assign(call, { config: {} });
  },
});
export const AutoModel = run('last_hidden_state', [1, 2]);
export const AutoModelForSequenceClassification = run('logits', [1]);
`;

type Fault = (request: IncomingMessage, response: ServerResponse, bytes: Buffer) => boolean;

interface Mirror {
  url: string;
  /** Paths of the files that were asked for, with the range where there was one. */
  asked: string[];
  /** Answers in its place when it returns true. */
  fault: Fault | null;
}

let home: string;
let mirror: Mirror;
let server: Server;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'alcove-add-'));
  const hub = join(home, 'hub');
  await writeTinyEmbedder(join(hub, 'acme/tiny'), 'model_quantized.onnx');
  await writeTinyReranker(join(hub, 'acme/order'));
  await writeTinyEmbedder(join(hub, 'Xenova/bge-small-en-v1.5'), 'model_quantized.onnx');
  ({ mirror, server } = await startMirror(hub));
});
afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await rm(home, { recursive: true, force: true });
});

/** A machine of its own: a folder of models, perhaps with the package, and a file of settings. */
async function machine(options: { runtime?: boolean } = {}) {
  const dataDir = await mkdtemp(join(home, 'machine-'));
  const modelsDir = join(dataDir, 'models');
  const envFile = join(dataDir, '.env');
  if (options.runtime !== false) await installStandIn(modelsDir, standIn);
  const env = { DATA_DIR: dataDir, OLLAMA: 'off', ALCOVE_ENV_FILE: envFile };
  await writeFile(envFile, '# mine\nLOG_LEVEL=info\n');
  mirror.asked = [];
  mirror.fault = null;
  return {
    dataDir,
    modelsDir,
    env,
    settings: () => readFile(envFile, 'utf8'),
    add: (name: string, ...rest: string[]) => runCli(['models', 'add', name, ...rest], env),
    fromMirror: (name: string) => runCli(['models', 'add', name, '--mirror', mirror.url], env),
  };
}

function expectOneSentence(ended: Ended, about: RegExp): void {
  expect(ended.stderr).toMatch(about);
  expect(ended.stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(ended.stderr).not.toMatch(/ {4}at |Error:/);
  expect(ended.code).toBe(1);
}

const weights = '/acme/tiny/resolve/c0ffee/onnx/model_quantized.onnx';

describe('a model is added', { timeout: 240_000 }, () => {
  test('from a mirror: fetched, checked, turned on, and listed as one that answers', async () => {
    const here = await machine();
    const added = await here.fromMirror('acme/tiny');
    expect(added, added.stderr).toMatchObject({ code: 0, stderr: '' });
    expect(added.stdout).toContain('every file has the right hash');
    expect(added.stdout).toContain('Start Alcove, or restart it where it runs');
    expect(await here.settings()).toBe('# mine\nLOG_LEVEL=info\nEMBEDDING_MODEL=local:acme/tiny\n');
    expect(await readdir(here.modelsDir)).toEqual(expect.not.arrayContaining(['.part']));
    const listed = await runCli(['models'], here.env);
    expect(listed.stdout).toContain('Embeddings:  local:acme/tiny (Local model) answers');
    expect(listed.code).toBe(0);
    mirror.asked = [];
    expect(await here.fromMirror('acme/tiny')).toMatchObject({ code: 0 });
    expect(mirror.asked, 'nothing is fetched twice').toEqual([]);
  });

  test('as a reranker when its configuration says that it is one', async () => {
    const here = await machine();
    expect(await here.fromMirror('acme/order')).toMatchObject({ code: 0 });
    expect(await here.settings()).toContain('\nRERANK_MODEL=local:acme/order\n');
  });

  test('in the place of the one that the file of settings names', async () => {
    const here = await machine();
    await here.fromMirror('acme/tiny');
    await writeFile(here.env.ALCOVE_ENV_FILE, 'EMBEDDING_MODEL=nomic-embed-text\nLOG_LEVEL=warn\n');
    expect(await here.fromMirror('acme/tiny')).toMatchObject({ code: 0 });
    expect(await here.settings()).toBe('EMBEDDING_MODEL=local:acme/tiny\nLOG_LEVEL=warn\n');
  });

  test('from the folder of models of another machine, with its package and without a network', async () => {
    const other = await machine();
    await other.fromMirror('acme/tiny');
    const here = await machine({ runtime: false });
    const added = await here.add('acme/tiny', '--from', other.modelsDir);
    expect(added, added.stderr).toMatchObject({ code: 0, stderr: '' });
    expect(mirror.asked).toEqual([]);
    expect(await here.settings()).toContain('EMBEDDING_MODEL=local:acme/tiny');
  });

  test('when the connection is cut off in the middle: it goes on there', async () => {
    const here = await machine();
    let cuts = 0;
    mirror.fault = (request, response, bytes) => {
      if (request.url !== weights || cuts > 0) return false;
      cuts += 1;
      response.writeHead(200, { 'content-length': bytes.length });
      response.write(bytes.subarray(0, bytes.length / 2), () => setTimeout(() => response.destroy(), 50));
      return true;
    };
    expect(await here.fromMirror('acme/tiny')).toMatchObject({ code: 0 });
    expect(mirror.asked.filter((path) => path.startsWith(weights))).toEqual([
      weights,
      expect.stringMatching(/ bytes=[1-9]\d*-$/),
    ]);
  });

  test('by a second try, which goes on where the first one gave up', async () => {
    const here = await machine();
    mirror.fault = (request, response, bytes) => {
      if (request.url !== weights) return false;
      if (request.headers.range !== undefined) return (response.destroy(), true);
      response.writeHead(200, { 'content-length': bytes.length });
      response.write(bytes.subarray(0, bytes.length / 2), () => setTimeout(() => response.destroy(), 50));
      return true;
    };
    expectOneSentence(await here.fromMirror('acme/tiny'), /cannot be reached: check the network/);
    expect(existsSync(join(here.modelsDir, 'acme'))).toBe(false);
    mirror.fault = null;
    mirror.asked = [];
    expect(await here.fromMirror('acme/tiny')).toMatchObject({ code: 0 });
    expect(mirror.asked).toEqual([expect.stringMatching(/model_quantized\.onnx bytes=[1-9]\d*-$/)]);
  });

  test('with the package that runs it, by npm', async () => {
    const here = await machine({ runtime: false });
    const registry = await startRegistry();
    const added = await runCli(['models', 'add', 'acme/tiny', '--mirror', mirror.url], {
      ...here.env,
      HOME: here.dataDir,
      npm_config_registry: registry,
      npm_config_userconfig: '/dev/null',
    });
    expect(added, added.stderr).toMatchObject({ code: 0, stderr: '' });
    expect(existsSync(join(here.modelsDir, 'node_modules', packageName, 'index.js'))).toBe(true);
  });

  test.skipIf(databaseKind !== 'pglite')('to a server that runs: it embeds what is there', async () => {
    const app = await startTestApp();
    try {
      const person = await newPerson(app.baseUrl);
      const conversation = await newConversation(person);
      const [document] = await uploadAndWait(person, conversation, textFile('a.txt', 'A car and its tyres.'));
      const id = document?.id ?? '';
      expect(document?.vectors_ready).toBe(false);
      await installStandIn(join(app.dataDir, 'models'), standIn);
      const envFile = join(app.dataDir, '.env');
      await writeFile(envFile, '');
      const added = await runCli(['models', 'add', 'acme/tiny', '--mirror', mirror.url], {
        ...app.env,
        ALCOVE_ENV_FILE: envFile,
      });
      expect(added, added.stderr).toMatchObject({ code: 0, stderr: '' });
      expect(added.stdout).toContain('The running server has taken it up');
      await until('it has vectors', async () => (await documentOf(person, id)).vectors_ready);
      const told = await (await fetch(`${app.baseUrl}/capabilities`)).json();
      expect(told).toMatchObject({ embedding_model: 'local:acme/tiny' });
      expect(JSON.stringify(told)).not.toContain('Semantic search is off');
    } finally {
      await app.close();
    }
  });
});

describe(
  'what cannot be added is told in one sentence, and nothing half is there',
  { timeout: 240_000 },
  () => {
    async function expectNothing({
      modelsDir,
      settings,
    }: Awaited<ReturnType<typeof machine>>): Promise<void> {
      const files = existsSync(modelsDir) ? await readdir(modelsDir, { recursive: true }) : [];
      expect(files.filter((file) => file.endsWith('.onnx'))).toEqual([]);
      expect(await settings()).toBe('# mine\nLOG_LEVEL=info\n');
    }

    test.for<[string, string, RegExp, Fault | null]>([
      [
        'a file with another hash than the hub says',
        'acme/tiny',
        /model_quantized\.onnx gives is not the file that it should be \(its hash is another\)/,
        (request, response, bytes) => {
          if (request.url !== weights) return false;
          response.end(Buffer.concat([bytes.subarray(1), Buffer.from('x')]));
          return true;
        },
      ],
      [
        'a file of a known model with another hash than ours',
        'bge-small',
        /config\.json gives is not the file that it should be/,
        null,
      ],
      ['a model that the hub does not have', 'acme/nothing', /has no public model acme\/nothing/, null],
      ['a name that is none', 'bge-smal', /There is no model bge-smal: choose bge-small, /, null],
      [
        'a file that the mirror lacks',
        'minilm-reranker',
        /does not have .*config\.json: check the address/,
        null,
      ],
      [
        'more than the disk holds',
        'acme/tiny',
        /There is no room for .*: it takes 931322\.6 GB and .* are free/,
        (request, response) => {
          if (request.url !== weights) return false;
          response.writeHead(200, { 'content-length': 10 ** 15 });
          response.flushHeaders();
          return true;
        },
      ],
      [
        'a mirror that fails',
        'acme/tiny',
        /is refused with HTTP 503: try again later/,
        (request, response) => (request.url === weights ? (response.writeHead(503).end(), true) : false),
      ],
    ])('%s', async ([, name, about, fault]) => {
      const here = await machine();
      mirror.fault = fault;
      expectOneSentence(await here.fromMirror(name), about);
      await expectNothing(here);
    });

    test('a hub that cannot be reached', async () => {
      const here = await machine();
      expectOneSentence(
        await here.add('bge-small', '--mirror', 'http://127.0.0.1:1'),
        /127\.0\.0\.1:1 cannot be reached: check the network, or give a mirror with --mirror URL or a folder with --from FOLDER/,
      );
      await expectNothing(here);
    });

    test('a folder in which a file is damaged, or that holds no such model', async () => {
      const other = await machine();
      await other.fromMirror('acme/tiny');
      await writeFile(join(other.modelsDir, 'acme/tiny/config.json'), '{}');
      const here = await machine();
      expectOneSentence(
        await here.add('acme/tiny', '--from', other.modelsDir),
        /its hash is another.*copy it anew/,
      );
      expectOneSentence(
        await here.add('bge-small', '--from', other.modelsDir),
        /does not hold Xenova\/bge-small/,
      );
      await expectNothing(here);
    });

    test('a package that npm cannot install', async () => {
      const here = await machine({ runtime: false });
      const added = await runCli(['models', 'add', 'acme/tiny', '--mirror', mirror.url], {
        ...here.env,
        HOME: here.dataDir,
        npm_config_registry: 'http://127.0.0.1:1',
        npm_config_fetch_retries: '0',
        npm_config_userconfig: '/dev/null',
      });
      expectOneSentence(added, /could not be installed \(.*\): check the network and npm's registry/);
      expect(existsSync(here.modelsDir)).toBe(false);
    });

    test('a model that does not run', async () => {
      const here = await machine();
      await installStandIn(here.modelsDir, 'throw new Error("no such library")');
      expectOneSentence(await here.fromMirror('acme/tiny'), /is installed but does not load/);
      expect(await here.settings()).toBe('# mine\nLOG_LEVEL=info\n');
    });

    test('a setting of the environment, which would go before', async () => {
      const here = await machine();
      const added = await runCli(['models', 'add', 'acme/tiny', '--mirror', mirror.url], {
        ...here.env,
        EMBEDDING_MODEL: 'nomic-embed-text',
      });
      expectOneSentence(added, /EMBEDDING_MODEL=nomic-embed-text is set in the environment/);
      await expectNothing(here);
    });
  },
);

test('without models, the list says what there is instead and which can be added', async () => {
  const here = await machine();
  const listed = await runCli(['models'], here.env);
  expect(listed).toMatchObject({ code: 0, stderr: '' });
  expect(listed.stdout).toMatch(/^Answers: +no language model/m);
  expect(listed.stdout).toMatch(/^Embeddings: +none \(semantic search is off\)/m);
  expect(listed.stdout).toMatch(/^ *bge-small +semantic search in English/m);
});

/** Speaks as the hub does of the models in a folder: what they are, and their files, in parts where that is asked. */
async function startMirror(folder: string): Promise<{ mirror: Mirror; server: Server }> {
  const made: Mirror = { url: '', asked: [], fault: null };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = request.url ?? '';
    const model = /^\/api\/models\/([^/]+\/[^/]+)\/revision\/main\?blobs=true$/.exec(url)?.[1];
    if (model !== undefined) {
      if (!existsSync(join(folder, model))) return void response.writeHead(404).end();
      return void response.end(
        JSON.stringify({ sha: 'c0ffee', siblings: await listFiles(join(folder, model)) }),
      );
    }
    const path = url.replace(/\/resolve\/[0-9a-f]+\//, '/');
    const bytes = await readFile(join(folder, path)).catch(() => null);
    const { range } = request.headers;
    made.asked.push(range === undefined ? url : `${url} ${range}`);
    if (bytes === null) return void response.writeHead(404).end();
    if (made.fault?.(request, response, bytes) === true) return;
    const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    const rest = bytes.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': rest.length }).end(rest);
  };
  const started = createServer((request, response) => void answer(request, response));
  started.listen(0, '127.0.0.1');
  await once(started, 'listening');
  made.url = `http://127.0.0.1:${(started.address() as AddressInfo).port}`;
  return { mirror: made, server: started };
}

async function listFiles(folder: string): Promise<unknown[]> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.includes('.'));
  return Promise.all(
    names.map(async (rfilename) => {
      const bytes = await readFile(join(folder, rfilename));
      const blobId = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
      const lfs = { sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length };
      return rfilename.endsWith('.onnx') ? { rfilename, blobId: 'f'.repeat(40), lfs } : { rfilename, blobId };
    }),
  );
}

/** A registry of npm that has one package. */
async function startRegistry(): Promise<string> {
  const files = {
    'package/package.json': JSON.stringify({
      name: packageName,
      version: '4.3.1',
      type: 'module',
      exports: './index.js',
    }),
    'package/index.js': standIn,
  };
  const entries = Object.entries(files).flatMap(([name, text]) => {
    const bytes = Buffer.from(text);
    const head = entryHead(name, bytes.length, createHash('sha256').update(bytes).digest('hex'));
    return [head, bytes, padding(bytes.length)];
  });
  const tarball = gzipSync(Buffer.concat([...entries, archiveEnd]));
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
  const registry = createServer((request, response) => {
    if (request.url?.endsWith('.tgz') === true) {
      response.end(tarball);
      return;
    }
    const version = {
      name: packageName,
      version: '4.3.1',
      dist: { tarball: `${url}/t.tgz`, integrity },
    };
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({ name: packageName, 'dist-tags': { latest: '4.3.1' }, versions: { '4.3.1': version } }),
    );
  });
  registry.listen(0, '127.0.0.1');
  await once(registry, 'listening');
  const url = `http://127.0.0.1:${(registry.address() as AddressInfo).port}`;
  afterAll(() => {
    registry.close();
    registry.closeAllConnections();
  });
  return url;
}
