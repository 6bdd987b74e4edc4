import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isFullRun } from '../support/full-run.ts';

// A full run only packs: it takes as long as fifty other tests.

const root = resolve(import.meta.dirname, '../..');
const run = promisify(execFile);
const env = { PATH: process.env['PATH'] ?? '', OLLAMA: 'off', LOG_LEVEL: 'error', PORT: '0' };
const takesMs = 180_000;

describe.skipIf(!isFullRun)('what npm pack makes', () => {
  // Unpacked as npm does; its packages are those of the checkout, which lies around it.
  let folder: string;
  let data: string;
  let alcove: string;

  beforeAll(async () => {
    await mkdir(join(root, 'build'), { recursive: true });
    folder = await mkdtemp(join(root, 'build/a package-'));
    data = await mkdtemp(join(tmpdir(), 'alcove-package-'));
    await run('npm', ['pack', '--pack-destination', folder], { cwd: root });
    const [tarball = ''] = await readdir(folder);
    await run('tar', ['-xzf', tarball], { cwd: folder });
    alcove = join(folder, 'package/bin/alcove.mjs');
  }, takesMs);

  afterAll(async () => {
    for (const path of [folder, data]) await rm(path, { recursive: true, force: true });
  });

  test('holds JavaScript that needs nothing but the packages it names', async () => {
    const { dependencies, peerDependencies } = JSON.parse(
      await readFile(join(folder, 'package/package.json'), 'utf8'),
    );
    const known = new Set([
      ...Object.keys({ ...dependencies, ...peerDependencies }),
      ...builtinModules.map((name) => `node:${name}`),
    ]);
    const unknown = new Set<string>();
    let found = 0;
    const dist = join(folder, 'package/dist');
    for (const path of await readdir(dist, { recursive: true })) {
      expect(path.endsWith('.ts'), path).toBe(false);
      if (!path.endsWith('.js') || path.startsWith('web')) continue;
      const text = await readFile(join(dist, path), 'utf8');
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
  });

  test('does the main job', { timeout: takesMs }, async () => {
    const { stdout } = await run(process.execPath, [alcove, 'demo'], { cwd: data, env });
    expect(stdout).toContain('Of the 31 vessels, 12 run on batteries alone');
  });

  test('serves the web app, and ends on SIGTERM', { timeout: takesMs }, async () => {
    const server = spawn(process.execPath, [alcove, 'serve'], { cwd: data, env });
    try {
      const url = await announced(server.stdout);
      const page = await fetch(`${url}/`);
      expect(page.status).toBe(200);
      expect(await page.text()).toContain('<html');
      server.kill('SIGTERM');
      expect((await once(server, 'exit'))[0]).toBe(0);
    } finally {
      server.kill('SIGKILL');
    }
  });
});

describe('npm start', () => {
  test('passes a signal on, so that nothing keeps the port', { timeout: takesMs }, async () => {
    const data = await mkdtemp(join(tmpdir(), 'alcove-started-'));
    const npm = spawn('npm', ['start'], {
      cwd: root,
      env: { ...env, DATA_DIR: data, ALCOVE_ENV_FILE: '/dev/null' },
    });
    const url = await announced(npm.stdout);
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

/** The address that the server prints when it listens. */
function announced(output: NodeJS.ReadableStream): Promise<string> {
  return new Promise((resolveUrl, reject) => {
    let said = '';
    output.on('data', (text) => {
      said += String(text);
      const port = /is at http:\/\/localhost:(\d+)/.exec(said)?.[1];
      if (port !== undefined) resolveUrl(`http://127.0.0.1:${port}`);
    });
    output.on('end', () => reject(new Error(`the server ended: ${said}`)));
  });
}
