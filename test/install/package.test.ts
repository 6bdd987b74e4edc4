import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askJson, newConversation } from '../answers/support/asking.ts';
import { reportFile } from '../documents/support/files.ts';
import { uploadAndWait } from '../documents/support/uploading.ts';
import { isFullRun } from '../support/full-run.ts';
import { newPerson, type Person } from '../support/person.ts';
import { announcedPort } from './support/announced.ts';
import { canContain, serveContained } from './support/container.ts';

// A full run only packs and installs: it takes as long as fifty other tests.

const root = resolve(import.meta.dirname, '../..');
const run = promisify(execFile);
const env = { PATH: process.env['PATH'] ?? '', OLLAMA: 'off', LOG_LEVEL: 'error', PORT: '0' };
const takesMs = 180_000;
const installingTakesMs = 420_000;

describe.skipIf(!isFullRun)('what npm pack makes, installed into an empty folder', () => {
  let folder: string;
  let data: string;
  let alcove: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alcove package-'));
    // For a test in which somebody else runs it.
    await chmod(folder, 0o755);
    data = await mkdtemp(join(tmpdir(), 'alcove-package-'));
    await run('npm', ['pack', '--pack-destination', folder], { cwd: root });
    const [tarball = ''] = await readdir(folder);
    await writeFile(join(folder, 'package.json'), '{ "private": true }\n');
    const quietly = ['--no-audit', '--no-fund', '--prefer-offline'];
    await run('npm', ['install', `./${tarball}`, '--omit=dev', ...quietly], { cwd: folder });
    alcove = join(folder, 'node_modules/.bin/alcove');
  }, installingTakesMs);

  afterAll(async () => {
    for (const path of [folder, data]) await rm(path, { recursive: true, force: true });
  });

  test('holds JavaScript that needs nothing but the packages it names, and nothing that builds', async () => {
    const own = join(folder, 'node_modules/alcove');
    const { dependencies, peerDependencies } = JSON.parse(await readFile(join(own, 'package.json'), 'utf8'));
    const known = new Set([
      ...Object.keys({ ...dependencies, ...peerDependencies }),
      ...builtinModules.map((name) => `node:${name}`),
    ]);
    const unknown = new Set<string>();
    let found = 0;
    const dist = join(own, 'dist');
    for (const path of await readdir(dist, { recursive: true })) {
      expect(path.endsWith('.ts'), path).toBe(false);
      if (!path.endsWith('.js') || path.startsWith('web')) continue;
      const text = await readFile(join(dist, path), 'utf8');
      expect(text, path).not.toMatch(/npm (start|run alcove)/);
      for (const [, name = ''] of text.matchAll(/^(?:import|export) (?:[^'";]*? from )?'([^'.][^']*)';$/gm)) {
        const bare = name.startsWith('node:')
          ? name
          : name.split('/', name.startsWith('@') ? 2 : 1).join('/');
        found += 1;
        if (!known.has(bare)) unknown.add(`${path}: ${name}`);
      }
    }
    expect([...unknown]).toEqual([]);
    expect(found).toBeGreaterThan(100);
    const installed = await readdir(join(folder, 'node_modules'));
    for (const tool of ['typescript', 'vite', 'svelte', 'esbuild', 'vitest'])
      expect(installed).not.toContain(tool);
  });

  test('does the main job', { timeout: takesMs }, async () => {
    const { stdout } = await run('npx', ['--no-install', 'alcove', 'demo'], { cwd: folder, env });
    expect(stdout).toContain('Of the 31 vessels, 12 run on batteries alone');
    expect(stdout).toMatch(/^ {2}alcove serve +and open http/m);
    expect(stdout).toMatch(/^ {2}\[\d+\] aurora-annual-report-2025\.pdf, page \d+/m);
  });

  test('serves the API and the web app, and ends on SIGTERM', { timeout: takesMs }, async () => {
    const server = spawn(alcove, ['serve'], { cwd: data, env });
    try {
      const url = `http://127.0.0.1:${await announcedPort(server.stdout)}`;
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
      const page = await (await fetch(`${url}/`)).text();
      const [, script = ''] = /<link href="(\/[^"]+\.js)" rel="modulepreload">/.exec(page) ?? [];
      expect((await fetch(url + script)).headers.get('content-type')).toMatch(/javascript/);

      await doMainJob(await newPerson(url));
      server.kill('SIGTERM');
      expect((await once(server, 'exit'))[0]).toBe(0);
    } finally {
      server.kill('SIGKILL');
    }
  });

  test.skipIf(!canContain)(
    'runs as nobody on a read-only root, and connects to nobody',
    { timeout: takesMs },
    async () => {
      await using contained = await serveContained(folder, { PATH: env.PATH, LOG_LEVEL: 'error' });
      const { url, server, beside, sent } = contained;
      for (const place of ['/srv/written', '/tmp/written', join(folder, 'written')])
        await expect(beside('touch', place)).rejects.toThrow(/Read-only file system/);
      const status = await readFile(`/proc/${server.pid}/status`, 'utf8');
      expect(status).toMatch(/^Uid:\s+65534\s+65534\s+65534\s+65534$/m);
      expect(status).toMatch(/^CapEff:\s+0+$/m);

      await doMainJob(await newPerson(url));
      expect(await sent()).toBe(0);
      // It would have been counted.
      const leave = "fetch('http://198.51.100.7/', { signal: AbortSignal.timeout(500) }).catch(() => 0)";
      await beside(process.execPath, '-e', leave);
      expect(await sent()).toBeGreaterThan(0);

      server.kill('SIGTERM');
      expect((await once(server, 'exit'))[0]).toBe(0);
    },
  );
});

/** From a file to a cited answer. */
async function doMainJob(person: Person): Promise<void> {
  const conversation = await newConversation(person);
  const [document] = await uploadAndWait(person, conversation, await reportFile());
  expect(document?.status).toBe('ready');
  const { body } = await askJson(person, conversation, 'How many vessels run on batteries alone?');
  expect(body.answer).toContain('12 run on batteries alone');
  expect(body.citations[0]).toMatchObject({ verification: 'verified' });
  expect(body.sources[0]).toMatchObject({
    document_name: document?.name,
    page: expect.any(Number) as number,
  });
}

describe('npm start', () => {
  test('passes a signal on, so that nothing keeps the port', { timeout: takesMs }, async () => {
    const data = await mkdtemp(join(tmpdir(), 'alcove-started-'));
    const npm = spawn('npm', ['start'], {
      cwd: root,
      env: { ...env, DATA_DIR: data, ALCOVE_ENV_FILE: '/dev/null' },
    });
    const url = `http://127.0.0.1:${await announcedPort(npm.stdout)}`;
    // Its output ends when the last process that could write to it has ended.
    const ended = once(npm, 'close');
    npm.kill('SIGTERM');
    await ended;
    await expect(fetch(`${url}/healthz`)).rejects.toThrow(/fetch failed/);
    await rm(data, { recursive: true });
  });

  test('is the server itself for whoever starts the script without npm', async () => {
    const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    expect(scripts.start).toMatch(/^exec node /);
  });
});
