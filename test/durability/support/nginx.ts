import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { until } from '../../answers/support/until.ts';

const program = '/usr/sbin/nginx';
const shipped = resolve(import.meta.dirname, '../../../deploy/nginx.conf');

export interface Nginx {
  baseUrl: string;
  /** What it has complained of. */
  errors(): Promise<string>;
  close(): Promise<void>;
}

export function hasNginx(): Promise<boolean> {
  return access(program).then(
    () => true,
    () => false,
  );
}

/** Debian's nginx with the configuration that ships, but for its ports. */
export async function startNginx(port: number, upstreamPorts: readonly [number, number]): Promise<Nginx> {
  const folder = await mkdtemp(join(tmpdir(), 'alcove-nginx-'));
  const site = (await readFile(shipped, 'utf8'))
    .replace('listen 80;', `listen 127.0.0.1:${port};`)
    .replace('127.0.0.1:8000', `127.0.0.1:${upstreamPorts[0]}`)
    .replace('127.0.0.1:8001', `127.0.0.1:${upstreamPorts[1]}`);
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  await writeFile(join(folder, 'alcove.conf'), site);
  await writeFile(
    join(folder, 'nginx.conf'),
    `daemon off; pid ${folder}/pid; ${process.getuid?.() === 0 ? 'user root;' : ''}
events {}
http {
  access_log off;
  ${paths.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  include ${folder}/alcove.conf;
}
`,
  );
  const errorLog = join(folder, 'errors');
  const child = spawn(program, ['-p', folder, '-e', errorLog, '-c', join(folder, 'nginx.conf')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exited = once(child, 'exit');
  const baseUrl = `http://127.0.0.1:${port}`;
  await until('nginx answers', () =>
    fetch(`${baseUrl}/healthz`).then(
      (response) => response.ok,
      () => child.exitCode !== null,
    ),
  );
  if (child.exitCode !== null) throw new Error(`nginx does not start: ${await readFile(errorLog, 'utf8')}`);
  return {
    baseUrl,
    errors: () => readFile(errorLog, 'utf8'),
    async close() {
      child.kill('SIGTERM');
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
