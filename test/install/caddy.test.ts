import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { askStream, newConversation } from '../answers/support/asking.ts';
import { until } from '../answers/support/until.ts';
import { readAll, wireEvents } from '../answers/support/wire-events.ts';
import { textFile } from '../documents/support/files.ts';
import { uploadAndWait } from '../documents/support/uploading.ts';
import { freePort } from '../support/free-port.ts';
import { newPerson, personOf, startTestApp } from '../support/app.ts';

const shipped = resolve(import.meta.dirname, '../../deploy/Caddyfile');
const isThere = spawnSync('caddy', ['version']).status === 0;

test.skipIf(!isThere)(
  'the Caddyfile that ships serves a file and an answer about it (needs Caddy)',
  async () => {
    const app = await startTestApp({ env: { TRUST_PROXY: '1' } });
    const folder = await mkdtemp(join(tmpdir(), 'alcove-caddy-'));
    const baseUrl = `http://127.0.0.1:${await freePort()}`;
    const text = (await readFile(shipped, 'utf8'))
      .replace('alcove.example.org {', `${baseUrl} {`)
      .replace('127.0.0.1:8000 127.0.0.1:8001', new URL(app.baseUrl).host);
    await writeFile(join(folder, 'Caddyfile'), `{\n\tadmin off\n}\n${text}`);
    const caddy = spawn('caddy', ['run', '--adapter', 'caddyfile', '--config', join(folder, 'Caddyfile')], {
      env: { PATH: process.env['PATH'], HOME: folder },
      stdio: 'ignore',
    });
    const ended = once(caddy, 'exit');
    try {
      const isUp = () =>
        fetch(`${baseUrl}/readyz`).then(
          ({ ok }) => ok,
          () => false,
        );
      await until('the proxy is up', isUp);
      const first = await newPerson(app.baseUrl);
      const person = personOf(baseUrl, first.token, first);
      const conversation = await newConversation(person);
      await uploadAndWait(person, conversation, textFile('herons.txt', 'The colony held 412 nests in 2025.'));
      const stream = await askStream(person, conversation, 'How many nests did the colony hold?');
      const events = await readAll(wireEvents(stream));
      expect(events.at(-1)?.type).toBe('done');
      expect(JSON.stringify(events)).toContain('412');
    } finally {
      caddy.kill();
      await ended;
      await app.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
);
